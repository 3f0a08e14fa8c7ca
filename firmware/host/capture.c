#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/** Begins each message on the socket; bytes of the frame, or the error as text, follow. */
typedef struct {
  uint64_t time_us;
  uint32_t whole;
  uint32_t what; /**< ew_capture_result */
} message_head;

/** What the thread owns. */
typedef struct {
  pcap_t *pcap;
  int fd;
} reader;

/** @return false: nobody reads any more */
static bool send_message(int fd, const message_head *head, const void *data, size_t length) {
  struct iovec parts[] = {{(void *)(uintptr_t)head, sizeof *head},
                          {(void *)(uintptr_t)data, length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  do sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

static bool send_frame(int fd, const struct pcap_pkthdr *header, const u_char *data) {
  // With nanosecond precision tv_usec holds nanoseconds.
  uint64_t time_us = (uint64_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec / 1000;
  size_t length = header->caplen < EW_CAPTURED_MAX ? header->caplen : EW_CAPTURED_MAX;
  message_head head = {time_us, header->len, EW_CAPTURE_FRAME};
  return send_message(fd, &head, data, length);
}

static void *read_all(void *argument) {
  reader *self = argument;
  struct pcap_pkthdr *header;
  const u_char *data;
  int result;
  bool heard = true;
  while (heard && (result = pcap_next_ex(self->pcap, &header, &data)) == 1) {
    heard = send_frame(self->fd, header, data);
  }
  if (heard) {
    bool failed = result == PCAP_ERROR;
    const char *text = failed ? pcap_geterr(self->pcap) : "";
    message_head head = {0, 0, failed ? EW_CAPTURE_FAILED : EW_CAPTURE_END};
    (void)send_message(self->fd, &head, text, strlen(text));
  }
  (void)close(self->fd);
  pcap_close(self->pcap);
  free(self);
  return NULL;
}

static pcap_t *open_file(const char *path, char *error) {
  const u_int precision = PCAP_TSTAMP_PRECISION_NANO;
  char text[PCAP_ERRBUF_SIZE] = "";
  bool is_stdin = strcmp(path, "-") == 0;
  FILE *file = is_stdin ? stdin : fopen(path, "rb");
  if (file == NULL) {
    (void)snprintf(error, EW_CAPTURE_ERROR_BYTES, "%s", strerror(errno));
    return NULL;
  }
  pcap_t *pcap = pcap_fopen_offline_with_tstamp_precision(file, precision, text);
  if (pcap == NULL) {
    if (!is_stdin) (void)fclose(file);
    (void)snprintf(error, EW_CAPTURE_ERROR_BYTES,
                   "%s (pcap and pcapng are read; a packed file through `gunzip -c FILE | "
                   "edgewire-node --read -`)",
                   text);
  }
  return pcap;
}

/** Signals are for the program's first thread. */
static bool create_thread(pthread_t *thread, reader *self) {
  sigset_t all, before;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_BLOCK, &all, &before);
  int error = pthread_create(thread, NULL, read_all, self);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return error == 0;
}

/** Starts the thread, which owns `pcap` from then on. */
static bool start(ew_capture *capture, pcap_t *pcap) {
  int ends[2];
  int room = 4 * EW_CAPTURED_MAX;
  pthread_t thread;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  (void)setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  reader *self = malloc(sizeof *self);
  if (self != NULL) {
    *self = (reader){pcap, ends[1]};
    if (create_thread(&thread, self)) {
      (void)pthread_detach(thread);
      capture->fd = ends[0];
      return true;
    }
  }
  free(self);
  (void)close(ends[0]);
  (void)close(ends[1]);
  return false;
}

bool ew_capture_open(ew_capture *capture, const char *path, char *error) {
  capture->fd = -1;
  pcap_t *pcap = open_file(path, error);
  if (pcap == NULL) return false;
  capture->link_type = pcap_datalink(pcap);
  if (start(capture, pcap)) return true;
  (void)snprintf(error, EW_CAPTURE_ERROR_BYTES, "cannot start to read: %s", strerror(errno));
  pcap_close(pcap);
  return false;
}

ew_capture_result ew_capture_read(ew_capture *capture, ew_captured *frame, char *error) {
  message_head head;
  struct iovec parts[] = {{&head, sizeof head}, {frame->data, sizeof frame->data}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t got = recvmsg(capture->fd, &message, MSG_DONTWAIT);
  if (got < (ssize_t)sizeof head) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return EW_CAPTURE_LATER;
    (void)snprintf(error, EW_CAPTURE_ERROR_BYTES, "reading stopped");
    return EW_CAPTURE_FAILED;
  }
  size_t length = (size_t)got - sizeof head;
  if (head.what == EW_CAPTURE_FAILED) {
    (void)snprintf(error, EW_CAPTURE_ERROR_BYTES, "%.*s", (int)length, (const char *)frame->data);
  }
  frame->time_us = head.time_us;
  frame->length = (uint32_t)length;
  frame->whole = head.whole;
  return (ew_capture_result)head.what;
}

void ew_capture_close(ew_capture *capture) {
  if (capture->fd >= 0) (void)close(capture->fd);
  capture->fd = -1;
}
