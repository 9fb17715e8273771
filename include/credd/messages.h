/* messages.h - the kinds of journal messages: priority, MESSAGE_ID and a name; each has a catalog
 * entry. */
#ifndef CREDD_MESSAGES_H
#define CREDD_MESSAGES_H

/* X(ID, priority as in syslog(3), MESSAGE_ID, its subject) */
#define CREDD_MESSAGES(X)                                                                         \
    X(STARTED, 5, "f4c1a9e2d5b74f0c8a3e6b1d90c27f51", "credd started")                            \
    X(STOPPING, 5, "0b7e3d5a91c64e2f8d40a6c3e58b7f12", "credd is stopping")                       \
    X(CONFIG_BAD, 3, "7d2f6b80e1a54c39b5f8c07a4e913d26", "the configuration is invalid")          \
    X(CONFIG_RELOADED, 5, "c58a1e7f03d94b6ea27c4f916b80d3e5", "the configuration was reloaded")   \
    X(SOCKET_FAILED, 3, "2e9b4c71d8f04a53b6e1a7c95f30d842", "cannot create the control socket")   \
    X(GROUP_UNKNOWN, 4, "95d0c3f8a6e14b27835a1e7c4d9f6b20", "control.group does not exist")       \
    X(DATABASE_READY, 5, "41e7b9d2c05f4386a9d8e3b76f12c0a5", "the database is ready")             \
    X(DATABASE_DOWN, 4, "b36f0e85c7d24a19921e5d4a8c70f6b3", "the database is down")               \
    X(DATABASE_REFUSED, 3, "68c2d7a1f9e3450bb84f0a6e3d15c972", "the database refuses access")     \
    X(DATABASE_FOREIGN, 3, "d91a5e3c60b7482f9e7b2c8d04f6a1e3", "the database is not credd's")     \
    X(DATABASE_FULL, 2, "1fa8e6d3b45c4720bd69c0f7e2a3915d", "the database is full or read-only")  \
    X(WORLD_BORN, 5, "a07d4b9e3f5c48d1867fe2c1b60a93d4", "a new world is in place")               \
    X(WORLD_FOLLOWED, 6, "5be19c0d72a84f63a8d5f7e3146c0b9a", "another daemon changed the world")  \
    X(RESET_FAILED, 4, "e2c7f0a95d184b3693c8a1d6f4e07b52", "a reset failed")                      \
    X(PAUSED, 5, "3c90d8e7b1f64a25a46d0f5e9c82b71a", "the world or a stream is paused")           \
    X(RESUMED, 5, "8a5e2f1c04d7493bb0e3c6f7d91a4e68", "the world or a stream resumed")            \
    X(SPEED_CHANGED, 5, "f76b3a0e8c924d15a1f2e9d5c4b8073d", "the clock's speed changed")          \
    X(TEMPO_CHANGED, 5, "29d5e8c4f1a047b68e3b7f90d6c2a15f", "a stream's tempo changed")           \
    X(STREAM_SWITCHED, 5, "b8e04f6d3a7c4915972ac5d1e8f3b064", "a stream was enabled or disabled") \
    X(ADVANCED, 5, "74a1c9f5e2d84b0e86f9d3b7a0c5e128", "world time was moved ahead")              \
    X(CLOCK_HELD, 4, "0d6f8e2b95c34a7fb1d4e7c0a9368f5b", "the clock is held")                     \
    X(CLOCK_STEPPED, 5, "e5b3c7d08f124e69a5c0d9f6b2e74a81", "the wall clock was stepped")         \
    X(CAUGHT_UP, 5, "96f2a4e1d7b54c0893e8b5f0c1d7a36e", "the world has caught up")                \
    X(LEFT_OUT, 4, "e54e46c78aed474cadfad5cf8a7ec7d7", "down time is skipped")                    \
    X(SUMMARY, 6, "4be7d1c9f8a3452ab70c6e5d3f9e8120", "rows written in the last hour")            \
    X(ROWS_SKIPPED, 4, "d08c5f3e7b914a62a7e1f4b9c6d0382e", "rows were skipped")                   \
    X(STREAM_STOPPED, 4, "2c5c9f1768a046848119a1bf204563b7", "a table rejects its rows")          \
    X(STREAM_GOES_ON, 5, "b1c30d670d9c440f9872cf626df5fc22", "a table accepts its rows again")    \
    X(FILL_LACKS, 4, "5962663c63b84f2cbd405285cb70ad9e", "a column to fill is missing")           \
    X(ALTER_LOST, 4, "7a39c2a6f72f4507bc4962f464365552", "a reset lost a change of the tables")   \
    X(VIEWS_LACK, 4, "c9b3718ab1f7497a8561f2031735455f", "a view for analysts is missing")        \
    X(ADOPTED, 5, "5a1f9d6c3e804b7f92b8c0e7d4a5f613", "empty tables were adopted")                \
    X(WRITER_ABANDONED, 3, "c3e69b0f1d7a4825bd5e8a4c7f02d196",                                    \
      "a hung database call was abandoned")                                                       \
    X(NOTE_FAILED, 4, "17d4b8e6a0f54c93ae2c9f1b5d7e3086", "pending changes cannot be saved")      \
    X(CHANGE_LOST, 4, "8a9596d2e11c4e5f987f464f8cfc58b1", "a change was not applied")             \
    X(FAILED, 3, "b52d07c9e64f4a8e9d13f8a06e7c24b5", "credd cannot run")                          \
    X(JOURNAL_LOST, 4, "a9f4c7d2e61b4830b5d8e0f3c69a7214", "messages were lost")                  \
    X(REFRESHED, 6, "eb95a2d8f34c4107b6d0e1c7a8f59b34", "streams were refreshed")                 \
    X(WEB_STARTED, 5, "b00f2bd7e033405d998426a1754b46db", "the page is served")                   \
    X(WEB_FAILED, 4, "2ee93f8b9a20454998e55cf0a5e19c1b", "the page cannot be served")             \
    X(CONTROL_DENIED, 4, "60c8f7e3d9b14a5285f6d2a0b3c7e91d", "access was denied")

enum message_id {
#define X(id, priority, uuid, text) MESSAGE_##id,
    CREDD_MESSAGES(X)
#undef X
        MESSAGE_COUNT
};

#endif
