// SPDX-License-Identifier: Apache-2.0
#include "io/internal/system.h"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace outlay::io {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

base::Error system_error(std::string_view what, const Path& path, int error_number) {
  base::Code code = base::Code::internal;
  std::string_view remedy;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = base::Code::not_found;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = base::Code::denied;
      remedy = "; give this user access to it or choose another place";
      break;
    case ENOSPC:
    case EDQUOT:
      code = base::Code::exhausted;
      remedy = "; free some space and try again";
      break;
    case EMFILE:
    case ENFILE:
      code = base::Code::exhausted;
      remedy = "; raise the limit of open files (ulimit -n)";
      break;
    case EISDIR:
    case EEXIST:
    case ENAMETOOLONG:
      code = base::Code::invalid_input;
      break;
    default:
      code = base::Code::unavailable;
  }
  return {
      code,
      fmt::format(
          "{} {}: {}{}",
          what,
          path.string(),
          std::generic_category().message(error_number),
          remedy),
      {},
      nullptr};
}

base::Result<Descriptor> open_to_read(const Path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return system_error("cannot read", path, errno);
  return file;
}

base::Result<Descriptor> open_to_write(const Path& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) return system_error("cannot write", path, errno);
  return file;
}

base::Result<std::size_t> read_some(
    const Descriptor& file, char* to, std::size_t size, const Path& path) {
  while (true) {
    const ssize_t count = ::read(file.get(), to, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return system_error("cannot read", path, errno);
  }
}

base::Result<base::Done> write_all(
    const Descriptor& file, std::string_view bytes, const Path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return system_error("cannot write", path, errno);
    }
  }
  return base::Done{};
}

long long monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1'000'000;
}

}  // namespace outlay::io
