// SPDX-License-Identifier: Apache-2.0
#include "api/data_lock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/text.h"

namespace outlay::api {

using base::Error;
using base::Result;

namespace {

std::string reason(int number) { return std::generic_category().message(number); }

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  return count <= 0 ? std::string()
                    : std::string(base::trim({text.data(), static_cast<std::size_t>(count)}));
}

}  // namespace

Result<DataLock> DataLock::take(const io::Path& data) {
  const io::Path file = data / "engine.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return Error{
        errno == EACCES || errno == EROFS ? base::Code::denied : base::Code::unavailable,
        "The data folder " + data.string() + " cannot be written: " + reason(errno) +
            ". Give this user the right to, or name another folder with --data.",
        {},
        nullptr};
  }
  DataLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const std::string pid = holder(descriptor);
    return base::conflict(
        "The data folder " + data.string() + " is in use by the engine of process " +
        (pid.empty() ? "(unknown)" : pid) +
        ". Stop that process, or name another folder with --data.");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // The number only serves the message above; without it the lock still holds.
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, pid.data(), pid.size(), 0);
  }
  return lock;
}

DataLock::DataLock(DataLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DataLock::~DataLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace outlay::api
