#include "clock/calendar.h"
