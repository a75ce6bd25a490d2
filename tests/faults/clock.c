/* Loaded before libc (LD_PRELOAD): the time of day is CLOCK_OFF seconds off, and nothing else is. If CLOCK_FILE names a file, so many
   seconds as stand there at the moment: the clock jumps when the file changes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int (*Clock)(clockid_t, struct timespec *);

static long off(Clock real) {
  static long last = -1, found;
  struct timespec moment;
  const char *file = getenv("CLOCK_FILE");
  if (!file) return atol(getenv("CLOCK_OFF"));
  if (real(CLOCK_MONOTONIC, &moment)) return found;
  long tenth = moment.tv_sec * 10 + moment.tv_nsec / 100000000;
  if (tenth == last) return found;
  last = tenth;
  char text[24] = {0};
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    if (read(fd, text, sizeof text - 1) > 0) found = atol(text);
    close(fd);
  }
  return found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  static Clock real;
  if (!real) real = (Clock)dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += off(real);
  return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
  struct timespec found;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &found)) return -1;
  now->tv_sec = found.tv_sec;
  now->tv_usec = found.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec found;
  if (clock_gettime(CLOCK_REALTIME, &found)) return -1;
  if (now) *now = found.tv_sec;
  return found.tv_sec;
}
