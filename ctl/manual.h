/* manual.h - credctl(1) as man(7) source, made from the command table. */
#ifndef CREDCTL_MANUAL_H
#define CREDCTL_MANUAL_H

#include <stdio.h>

void manual_print(FILE *out);

#endif
