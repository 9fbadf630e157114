// SPDX-License-Identifier: Apache-2.0
#include "io/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/random.h"
#include "io/internal/system.h"

namespace outlay::io {
namespace {

constexpr std::size_t kBlock = 1U << 20U;

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// SHA-256 over bytes given piece by piece.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  }

  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    std::string out;
    for (unsigned int i = 0; i < size; ++i) out += fmt::format("{:02x}", digest.at(i));
    return out;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, DigestDeleter> context_;
};

Path folder_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

bool is_hidden(const Path& path) { return path.filename().native().starts_with('.'); }

base::Result<base::Done> write_synced(const Path& path, std::string_view content) {
  const Descriptor file = TRY(open_to_write(path));
  TRY(write_all(file, content, path));
  if (::fdatasync(file.get()) != 0) return system_error("cannot write", path, errno);
  return base::Done{};
}

}  // namespace

base::Result<std::string> read_file(const Path& path) {
  const Descriptor file = TRY(open_to_read(path));
  std::string out;
  std::error_code unknown;
  const auto expected = std::filesystem::file_size(path, unknown);
  if (!unknown) out.reserve(static_cast<std::size_t>(expected) + 1);
  while (true) {
    const std::size_t had = out.size();
    out.resize(std::max(out.capacity(), had + 4096));
    const std::size_t count = TRY(read_some(file, out.data() + had, out.size() - had, path));
    out.resize(had + count);
    if (count == 0) return out;
  }
}

base::Result<base::Done> write_file(const Path& path, std::string_view content) {
  const Path neighbour =
      folder_of(path) / fmt::format(".{}.{}.tmp", path.filename().string(), base::new_id());
  const auto written = write_synced(neighbour, content);
  if (!written) {
    ::unlink(neighbour.c_str());
    return written.error();
  }
  if (std::rename(neighbour.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(neighbour.c_str());
    return system_error("cannot write", path, reason);
  }
  return sync_path(folder_of(path));
}

base::Result<base::Done> make_folders(const Path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return system_error("cannot make the folder", path, failed.value());
  return base::Done{};
}

base::Result<base::Done> move_path(const Path& from, const Path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return system_error(fmt::format("cannot move {} to", from.string()), to, errno);
  }
  TRY(sync_path(folder_of(to)));
  if (folder_of(from) != folder_of(to)) TRY(sync_path(folder_of(from)));
  return base::Done{};
}

base::Result<base::Done> sync_path(const Path& path) {
  const Descriptor opened = TRY(open_to_read(path));
  if (::fsync(opened.get()) != 0) return system_error("cannot sync", path, errno);
  return base::Done{};
}

base::Result<base::Done> remove_tree(const Path& path) {
  std::error_code failed;
  std::filesystem::remove_all(path, failed);
  if (failed) return system_error("cannot remove", path, failed.value());
  return base::Done{};
}

base::Result<std::vector<std::string>> list_files(const Path& folder) {
  std::error_code failed;
  std::filesystem::recursive_directory_iterator at(folder, failed);
  if (failed) return system_error("cannot list", folder, failed.value());
  std::vector<std::string> out;
  for (const std::filesystem::recursive_directory_iterator end; at != end; at.increment(failed)) {
    if (failed) return system_error("cannot list", folder, failed.value());
    if (is_hidden(at->path())) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file(failed)) {
      out.push_back(at->path().lexically_relative(folder).generic_string());
    }
    failed.clear();
  }
  if (failed) return system_error("cannot list", folder, failed.value());
  std::sort(out.begin(), out.end());
  return out;
}

base::Result<FileHash> hash_file(const Path& path) {
  const Descriptor file = TRY(open_to_read(path));
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 hash;
  FileHash out;
  std::string block(kBlock, '\0');
  while (const std::size_t count = TRY(read_some(file, block.data(), block.size(), path))) {
    hash.add(std::string_view(block).substr(0, count));
    out.bytes += count;
  }
  out.sha256 = hash.hex();
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

base::Result<ScratchFolder> ScratchFolder::create(const Path& parent) {
  TRY(make_folders(parent));
  std::string name = (parent / "scratch-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    return system_error("cannot make a folder in", parent, errno);
  }
  return ScratchFolder(Path(name));
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::exchange(other.path_, Path())) {}

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

}  // namespace outlay::io
