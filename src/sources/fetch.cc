// SPDX-License-Identifier: Apache-2.0
#include "sources/fetch.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/digest.h"
#include "io/part_file.h"

namespace outlay::sources {
namespace {

using base::Code;
using base::Done;
using base::Error;
using base::Result;
using io::ObjectInfo;
using io::StreamDigest;

/// Tries without a single byte before a download is given up.
constexpr int kTriesMax = 6;

class Fetch {
 public:
  Fetch(const FetchPorts& ports, const ObjectInfo& object)
      : ports_(ports),
        object_(object),
        part_(
            ports.raw.part(io::sha256_hex(object.key + "\n" + version_of(object)).substr(0, 40))) {}

  Result<KnownObject> run() {
    TRY(io::make_folders(part_.parent_path()));
    for (int round = 1;; ++round) {
      const auto sums = bytes();
      if (!sums) return sums.error().within(ports_.store.url() + object_.key);
      const std::string problem = damage(*sums);
      if (problem.empty()) return kept(*sums);
      TRY(io::remove_tree(part_));
      if (round == 2) {
        return base::invalid_input(fmt::format(
            "{}{} arrived damaged twice: {}. Nothing of it was kept; look whether the file is "
            "whole "
            "where it lies",
            ports_.store.url(),
            object_.key,
            problem));
      }
      LOG(warn,
          "a file arrived damaged and is fetched again",
          {"file", object_.key},
          {"problem", problem});
    }
  }

 private:
  // Whether what is there may be gone on with: the version is known and the store can begin there.
  bool may_resume() const { return ports_.store.can_resume() && !object_.etag.empty(); }

  Result<StreamDigest::Sums> bytes() {
    io::PartFile part = TRY(io::PartFile::open(part_));
    if (part.size() > 0 && (!may_resume() || (object_.has_size && part.size() > object_.bytes))) {
      TRY(part.restart());
    }
    tell(part.size());
    if (object_.has_size && part.size() == object_.bytes && part.size() > 0 && may_resume())
      return part.close();
    TRY(download(part));
    return part.close();
  }

  void tell(std::uint64_t count) const {
    if (ports_.arrived && count > 0) ports_.arrived(count);
  }

  Result<Done> download(io::PartFile& part) {
    const io::RetryPolicy policy;
    for (int tries = 1;; ++tries) {
      const std::uint64_t had = part.size();
      const io::Download asked{
          .offset = had,
          .etag = object_.etag,
          .stop = ports_.stop,
          .sink = [&](std::string_view piece) -> Result<Done> {
            TRY(part.append(piece));
            tell(piece.size());
            return Done{};
          }};
      auto got = ports_.store.get(object_.key, asked);
      if (got) {
        announced_ = *std::move(got);
        return Done{};
      }
      if (got.error().code != Code::unavailable) return got.error();
      if (part.size() > had) tries = 1;
      if (tries >= kTriesMax) return got.error();
      LOG(debug, "a download goes on", {"file", object_.key}, {"because", got.error().message});
      if (!ports_.pause.wait(policy.before(tries, 0.5), ports_.stop)) {
        return Error{Code::cancelled, "stopped", {}, nullptr};
      }
      if (!may_resume()) TRY(part.restart());
    }
  }

  // What is wrong with the bytes; empty when nothing is.
  std::string damage(const StreamDigest::Sums& sums) const {
    if (object_.has_size && sums.bytes != object_.bytes)
      return fmt::format("{} bytes came of {}", sums.bytes, object_.bytes);
    const auto differs = [](const std::string& said, const std::string& got) {
      return !said.empty() && said != got;
    };
    if (differs(announced_.sha256, sums.sha256))
      return different("SHA-256", announced_.sha256, sums.sha256);
    if (differs(announced_.md5, sums.md5)) return different("MD5", announced_.md5, sums.md5);
    if (differs(announced_.crc32c, sums.crc32c))
      return different("CRC-32C", announced_.crc32c, sums.crc32c);
    if (announced_.crc64 && *announced_.crc64 != sums.crc64)
      return fmt::format("its CRC-64 is {} and should be {}", sums.crc64, *announced_.crc64);
    return {};
  }

  static std::string different(
      std::string_view what, const std::string& said, const std::string& got) {
    return fmt::format("its {} is {} and should be {}", what, io::hex(got), io::hex(said));
  }

  Result<KnownObject> kept(const StreamDigest::Sums& sums) {
    KnownObject out{
        .version = version_of(object_), .sha256 = io::hex(sums.sha256), .bytes = sums.bytes};
    TRY(ports_.raw.keep(part_, out.sha256));
    return out;
  }

  const FetchPorts& ports_;
  const ObjectInfo& object_;
  const io::Path part_;
  io::AnnouncedSums announced_;
};

}  // namespace

std::string version_of(const ObjectInfo& object) {
  const bool by_time = object.etag.empty() && object.modified;
  return fmt::format(
      "{}:{}", object.bytes, by_time ? base::print_instant(*object.modified) : object.etag);
}

Result<KnownObject> fetch_object(const FetchPorts& ports, const ObjectInfo& object) {
  return Fetch(ports, object).run();
}

}  // namespace outlay::sources
