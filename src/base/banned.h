/* banned.h: library functions that are never right here, made compile errors. Include it last in every .c file.
 * Each is unbounded, not thread-safe, or depends on the locale; beside it stands what to use. */
#pragma once

#define BANNED(name, instead) banned_##name##_use_##instead

#undef strcpy
#define strcpy BANNED(strcpy, Str_or_g_strlcpy)
#undef strcat
#define strcat BANNED(strcat, GString)
#undef strncpy
#define strncpy BANNED(strncpy, g_strlcpy)
#undef strncat
#define strncat BANNED(strncat, GString)
#undef sprintf
#define sprintf BANNED(sprintf, g_snprintf)
#undef vsprintf
#define vsprintf BANNED(vsprintf, g_vsnprintf)
#undef gets
#define gets BANNED(gets, fgets)
#undef strtok
#define strtok BANNED(strtok, str_cut)
#undef strtok_r
#define strtok_r BANNED(strtok_r, str_cut)
#undef atoi
#define atoi BANNED(atoi, str_to_int64)
#undef atol
#define atol BANNED(atol, str_to_int64)
#undef atof
#define atof BANNED(atof, decimal_parse)
#undef strtod
#define strtod BANNED(strtod, g_ascii_strtod)
#undef localtime
#define localtime BANNED(localtime, clock)
#undef gmtime
#define gmtime BANNED(gmtime, clock)
#undef ctime
#define ctime BANNED(ctime, date_format)
#undef asctime
#define asctime BANNED(asctime, date_format)
#undef rand
#define rand BANNED(rand, crypto_random)
#undef system
#define system BANNED(system, posix_spawn)
