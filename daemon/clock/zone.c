/* filled by the room's first change */
