// SPDX-License-Identifier: Apache-2.0
#include "ledger/state.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/file.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"

namespace outlay::ledger {
namespace {

namespace fs = std::filesystem;
using base::Done;
using base::Result;

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) out.push_back(it->path());
  }
  return out;
}

/// Generation folders on disk, as Volume::folder() names them.
std::vector<std::string> generation_folders(const fs::path& folder) {
  std::vector<std::string> out;
  for (const auto& dataset : folders_in(folder)) {
    for (const auto& source : folders_in(dataset)) {
      for (const auto& period : folders_in(source)) {
        for (const auto& generation : folders_in(period)) {
          if (generation.filename().string().rfind("gen=", 0) == 0) {
            out.push_back(generation.lexically_relative(folder).string());
          }
        }
      }
    }
  }
  return out;
}

Result<Done> remove_unknown_quarantines(const fs::path& folder, Catalog& catalog) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string id = it->path().stem().string();
    if (TRY(catalog.deliveries({id})).empty()) TRY(io::remove_tree(it->path()));
  }
  return Done{};
}

}  // namespace

Result<store::Duck> Ledger::State::connect() {
  const base::Lock lock(engine_mutex);
  if (!engine) {
    const io::Path temp = settings.folder / ".spill";
    TRY(io::make_folders(temp));
    store::DuckSettings duck;
    duck.threads = settings.threads;
    duck.memory_bytes = settings.memory_bytes;
    duck.temp_folder = temp.string();
    duck.is_locked = true;
    duck.readable_folders = {settings.folder.string()};
    engine = TRY(store::DuckDatabase::open(duck));
  }
  return engine->connect();
}

Result<std::optional<FolderLock>> FolderLock::take(const io::Path& folder, bool waits) {
  const std::string path = (folder / ".lock").string();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return base::Error{
        base::Code::denied,
        fmt::format(
            "the ledger's folder {} cannot be written: {}; check its owner and permissions",
            folder.string(),
            std::strerror(errno)),  // NOLINT(concurrency-mt-unsafe)
        {},
        nullptr};
  }
  int done = 0;
  do {
    done = ::flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB);
  } while (done != 0 && errno == EINTR);
  if (done == 0) return std::optional<FolderLock>(FolderLock(file));
  ::close(file);
  return std::optional<FolderLock>();
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

Result<Done> remove_orphans(const io::Path& folder, Catalog& catalog) {
  for (const auto& left : folders_in(folder / ".staging")) {
    LOG(info, "removing what an unfinished booking left", {"folder", left.string()});
    TRY(io::remove_tree(left));
  }
  std::set<std::string> known;
  for (const auto& volume : TRY(catalog.all("", ""))) known.insert(volume.folder());
  for (const auto& found : generation_folders(folder)) {
    if (known.count(found) > 0) continue;
    LOG(info, "removing a generation that was never committed", {"folder", found});
    TRY(io::remove_tree(folder / found));
  }
  return remove_unknown_quarantines(folder / "quarantine", catalog);
}

}  // namespace outlay::ledger
