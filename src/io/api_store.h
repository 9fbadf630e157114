// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/object_store.h"
#include "io/retry.h"
#include "io/url.h"

namespace outlay::io {

/// How an API says that there is more.
struct ApiPaging {
  enum class Kind {
    none,    ///< one answer is all
    cursor,  ///< the answer names what to ask next: `next` is put into `param`
    link,    ///< the answer names the next address, in `next` or in a Link header
    page,    ///< pages are counted from 1, until one is empty
    offset,  ///< items are counted, `size` a page, until one is empty
  };
  Kind kind = Kind::none;
  std::string next;   ///< path in the answer: "next_page", "meta.next"
  std::string more;   ///< path of a boolean that says whether there is a next page; may be empty
  std::string param;  ///< parameter of the request
  std::string items = "data";  ///< path of the list that is empty when there is nothing
  int size = 100;
};

struct ApiPlace {
  std::string url;
  Headers headers;
  /// Values may hold {from}, {to} (ISO 8601) and {from_unix}, {to_unix}: the month's first moment
  /// and the next month's.
  QueryParams query;
  ApiPaging paging;
  /// First month, "2026-01".
  std::string since;
  /// What who asks must have, for messages: "an admin key with the scope api.usage.read".
  std::string needs;
};

/// An HTTPS API that answers costs of a time span: one file per month, "2026-01.json", with the
/// pages of the answer one to a line. Months that ended more than 45 days ago are taken as final;
/// later ones are asked for again each time.
base::Result<std::unique_ptr<ObjectStore>> open_api(ApiPlace place, PatientHttp& http);

}  // namespace outlay::io
