// SPDX-License-Identifier: Apache-2.0
#include "io/folder_store.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "io/internal/store_http.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

using base::Result;

class FolderStore final : public ObjectStore {
 public:
  explicit FolderStore(Path folder) : folder_(std::move(folder)) {}

  std::string url() const override { return folder_.string() + "/"; }

  Result<ObjectPage> list(const std::string&) override {
    std::error_code failed;
    if (!std::filesystem::is_directory(folder_, failed)) {
      return base::not_found(
          fmt::format("there is no folder {}; check the source's url", folder_.string()));
    }
    ObjectPage out;
    for (const std::string& name : TRY(list_files(folder_))) {
      // What went away while it was listed is not there.
      if (auto found = head(name)) out.objects.push_back(*std::move(found));
    }
    return out;
  }

  Result<ObjectInfo> head(const std::string& key) override {
    struct stat about {};

    const Path path = folder_ / key;
    if (::stat(path.c_str(), &about) != 0) return system_error("cannot look at", path, errno);
    ObjectInfo out;
    out.key = key;
    out.bytes = static_cast<std::uint64_t>(about.st_size);
    out.modified = base::Instant(
        std::chrono::seconds(about.st_mtim.tv_sec) +
        std::chrono::microseconds(about.st_mtim.tv_nsec / 1000));
    out.etag =
        fmt::format("{}-{}.{:09}", about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    return out;
  }

  Result<AnnouncedSums> get(const std::string& key, const Download& download) override {
    TRY(still_is(key, download.etag));
    const Path path = folder_ / key;
    const Descriptor file = TRY(open_to_read(path));
    if (::lseek(file.get(), static_cast<off_t>(download.offset), SEEK_SET) < 0) {
      return system_error("cannot read", path, errno);
    }
    std::string block(1U << 20U, '\0');
    while (const std::size_t count = TRY(read_some(file, block.data(), block.size(), path))) {
      if (download.stop != nullptr && download.stop->load()) {
        return base::Error{base::Code::cancelled, "stopped", {}, nullptr};
      }
      TRY(download.sink(std::string_view(block).substr(0, count)));
    }
    // Somebody may have written meanwhile.
    TRY(still_is(key, download.etag));
    return AnnouncedSums{};
  }

 private:
  Result<base::Done> still_is(const std::string& key, const std::string& etag) {
    if (etag.empty() || TRY(head(key)).etag == etag) return base::Done{};
    return base::conflict(fmt::format("{} changed since it was listed", (folder_ / key).string()));
  }

  const Path folder_;
};

}  // namespace

std::unique_ptr<ObjectStore> open_folder(Path folder) {
  return std::make_unique<FolderStore>(std::move(folder));
}

}  // namespace outlay::io
