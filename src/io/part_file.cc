// SPDX-License-Identifier: Apache-2.0
#include "io/part_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io/internal/system.h"

namespace outlay::io {

struct PartFile::State {
  Path path;
  Descriptor file;
  StreamDigest digest;
  std::uint64_t size = 0;
};

PartFile::PartFile(std::unique_ptr<State> state) : state_(std::move(state)) {}

PartFile::PartFile(PartFile&&) noexcept = default;
PartFile& PartFile::operator=(PartFile&&) noexcept = default;
PartFile::~PartFile() = default;

base::Result<PartFile> PartFile::open(const Path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!state->file.is_open()) return system_error("cannot write", path, errno);
  std::string block(256U << 10U, '\0');
  while (const std::size_t count = TRY(read_some(state->file, block.data(), block.size(), path))) {
    state->digest.add(std::string_view(block).substr(0, count));
    state->size += count;
  }
  return PartFile(std::move(state));
}

std::uint64_t PartFile::size() const { return state_->size; }

base::Result<base::Done> PartFile::append(std::string_view bytes) {
  TRY(write_all(state_->file, bytes, state_->path));
  state_->digest.add(bytes);
  state_->size += bytes.size();
  return base::Done{};
}

base::Result<base::Done> PartFile::restart() {
  if (::ftruncate(state_->file.get(), 0) != 0 || ::lseek(state_->file.get(), 0, SEEK_SET) != 0) {
    return system_error("cannot empty", state_->path, errno);
  }
  state_->digest = StreamDigest();
  state_->size = 0;
  return base::Done{};
}

base::Result<StreamDigest::Sums> PartFile::close() {
  if (::fdatasync(state_->file.get()) != 0) {
    return system_error("cannot write", state_->path, errno);
  }
  state_->file.reset();
  return state_->digest.finish();
}

base::Result<std::uint64_t> free_bytes(const Path& path) {
  struct statvfs about {};

  if (::statvfs(path.c_str(), &about) != 0) return system_error("cannot look at", path, errno);
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

base::Result<base::Done> link_or_copy(const Path& from, const Path& to) {
  TRY(make_folders(to.parent_path()));
  std::error_code failed;
  std::filesystem::remove(to, failed);
  std::filesystem::create_hard_link(from, to, failed);
  if (!failed) return base::Done{};
  std::filesystem::copy_file(from, to, failed);
  if (failed) return system_error("cannot copy to", to, failed.value());
  return sync_path(to);
}

base::Result<std::unique_ptr<FolderLock>> FolderLock::take(const Path& file) {
  TRY(make_folders(file.parent_path()));
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error("cannot lock", file, errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<FolderLock>(new FolderLock(descriptor));
  }
  const int problem = errno;
  ::close(descriptor);
  if (problem == EWOULDBLOCK) return std::unique_ptr<FolderLock>();
  return system_error("cannot lock", file, problem);
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace outlay::io
