"""Bounded memory, and many rows."""
from credd_testing import PATIENCE, SCALE, scaled, world
from credd_worlds import DAY, START


def peak_kib(credd):
    with open(f"/proc/{credd.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_memory_does_not_grow_with_the_advance(store, daemon, figures):
    """Batches are bounded: a year in one go takes no more memory than a month, give or take what caches need."""
    credd = daemon(store, world(scaled(5000, 300))).start()
    credd.built(300)
    figures("peak MiB after the baseline", peak_kib(credd) >> 10)
    credd.advance_to(START + 30 * DAY)
    month = peak_kib(credd)
    credd.advance_to(START + 395 * DAY)
    year = peak_kib(credd)
    figures("peak MiB after a month, after a year more", (month >> 10, year >> 10))
    if PATIENCE == 1:  # sanitizers keep what was freed
        assert year < 1.6 * month + (32 << 10)
    if SCALE >= 1:
        assert year < 256 << 10
    credd.assert_sound()
