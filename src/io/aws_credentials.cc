// SPDX-License-Identifier: Apache-2.0
#include "io/aws_credentials.h"

#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "io/internal/aws_profiles.h"
#include "io/internal/aws_sources.h"
#include "io/internal/store_http.h"

namespace outlay::io {
namespace {

constexpr base::Duration kSpare = std::chrono::minutes(5);

std::string value_of(const AwsProfile& profile, std::string_view key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

/// Follows a profile, through source profiles and roles, to credentials.
class ProfileWalk {
 public:
  ProfileWalk(const AwsWorld& world, const AwsIdentity& identity)
      : world_(world), identity_(identity) {}

  /// Empty when the profile is not there or has no credentials, unless it was asked for by name.
  MaybeCredentials find(const std::string& name, bool is_wanted) {
    profiles_ = TRY(read_aws_profiles(world_.environment));
    if (!profiles_.contains(name)) {
      if (!is_wanted) return std::optional<AwsCredentials>();
      std::vector<std::string> names;
      for (const auto& [known, unused] : profiles_) names.push_back(known);
      return denied(fmt::format(
          "there is no AWS profile \"{}\" in ~/.aws/config or ~/.aws/credentials.{}",
          name,
          base::did_you_mean(name, names)));
    }
    MaybeCredentials found = of_profile(name);
    if (found && !*found && is_wanted) {
      return denied(fmt::format(
          "the AWS profile \"{}\" has no aws_access_key_id, role_arn or credential_process", name));
    }
    return found;
  }

 private:
  MaybeCredentials of_profile(
      const std::string& name) {  // NOLINT(misc-no-recursion): seen_ ends it
    const auto found = profiles_.find(name);
    if (found == profiles_.end())
      return denied(fmt::format("there is no AWS profile \"{}\", which another one names", name));
    const AwsProfile& profile = found->second;
    const bool is_first = seen_.insert(name).second;
    if (!value_of(profile, "role_arn").empty() && is_first) return of_role(name, profile);
    if (!value_of(profile, "aws_access_key_id").empty()) return keys_of(name, profile);
    if (const std::string command = value_of(profile, "credential_process"); !command.empty())
      return credentials_of_process(world_, command);
    if (!value_of(profile, "sso_session").empty() || !value_of(profile, "sso_start_url").empty()) {
      return denied(fmt::format(
          "the AWS profile \"{0}\" signs in through IAM Identity Center; make a profile with "
          "\"credential_process = aws configure export-credentials --profile {0}\" and name that",
          name));
    }
    if (!is_first)
      return denied(fmt::format("the AWS profile \"{}\" names itself as its source", name));
    return std::optional<AwsCredentials>();
  }

  static MaybeCredentials keys_of(const std::string& name, const AwsProfile& profile) {
    AwsCredentials out;
    out.access_key_id = value_of(profile, "aws_access_key_id");
    out.secret_access_key = value_of(profile, "aws_secret_access_key");
    out.session_token = value_of(profile, "aws_session_token");
    out.origin = fmt::format("profile \"{}\"", name);
    if (out.secret_access_key.empty())
      return denied(fmt::format("the AWS profile \"{}\" has no aws_secret_access_key", name));
    return std::optional(std::move(out));
  }

  AssumedRole role_of(const AwsProfile& profile) const {
    AssumedRole role{
        .arn = value_of(profile, "role_arn"),
        .external_id = value_of(profile, "external_id"),
        .session_name = value_of(profile, "role_session_name"),
        .region = value_of(profile, "region"),
        .endpoint = identity_.sts_endpoint};
    if (role.region.empty()) role.region = identity_.region;
    return role;
  }

  MaybeCredentials of_role(  // NOLINT(misc-no-recursion): seen_ ends it
      const std::string& name,
      const AwsProfile& profile) {
    const AssumedRole role = role_of(profile);
    if (!value_of(profile, "mfa_serial").empty()) {
      return denied(fmt::format(
          "the AWS profile \"{}\" asks for a code of an MFA device, which a program has not",
          name));
    }
    if (const std::string file = value_of(profile, "web_identity_token_file"); !file.empty())
      return std::optional(TRY(assume_role_with_token(world_, role, file)));
    MaybeCredentials base = std::optional<AwsCredentials>();
    const std::string source = value_of(profile, "source_profile");
    const std::string place = value_of(profile, "credential_source");
    if (!source.empty())
      base = of_profile(source);
    else if (place == "Environment")
      base = credentials_of_environment(world_);
    else if (place == "EcsContainer")
      base = credentials_of_container(world_);
    else if (place == "Ec2InstanceMetadata")
      base = credentials_of_instance(world_);
    if (!base) return base;
    if (!*base) {
      return denied(fmt::format(
          "the AWS profile \"{}\" has a role, but its source_profile or credential_source gives no "
          "credentials",
          name));
    }
    return std::optional(TRY(assume_role(world_, role, **base)));
  }

  const AwsWorld& world_;
  const AwsIdentity& identity_;
  std::map<std::string, AwsProfile> profiles_;
  std::set<std::string> seen_;
};

}  // namespace

AwsCredentialChain::AwsCredentialChain(
    AwsIdentity identity, PatientHttp& http, std::map<std::string, std::string> environment)
    : identity_(std::move(identity)), http_(http), environment_(std::move(environment)) {
  if (identity_.region.empty()) identity_.region = region();
}

std::string AwsCredentialChain::region() const {
  if (!identity_.region.empty()) return identity_.region;
  const AwsWorld world{http_, environment_};
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (identity_.profile.empty() && !world.variable(name).empty()) return world.variable(name);
  }
  std::string profile =
      identity_.profile.empty() ? world.variable("AWS_PROFILE") : identity_.profile;
  if (profile.empty()) profile = "default";
  if (const auto profiles = read_aws_profiles(environment_)) {
    if (const auto found = profiles->find(profile); found != profiles->end()) {
      return value_of(found->second, "region");
    }
  }
  return {};
}

base::Result<AwsCredentials> AwsCredentialChain::get() {
  const base::Lock lock(mutex_);
  if (held_ && (!held_->expires || *held_->expires - http_.clock().now() > kSpare)) return *held_;
  AwsCredentials found = TRY(find());
  base::hide_in_log(found.secret_access_key);
  base::hide_in_log(found.session_token);
  held_ = found;
  return found;
}

void AwsCredentialChain::renew() {
  const base::Lock lock(mutex_);
  held_.reset();
}

base::Result<AwsCredentials> AwsCredentialChain::find() {
  const AwsWorld world{http_, environment_};
  const AssumedRole role{
      .arn = identity_.role_arn,
      .external_id = identity_.external_id,
      .session_name = identity_.session_name,
      .region = identity_.region,
      .endpoint = identity_.sts_endpoint};
  if (!identity_.web_identity_token_file.empty() && !role.arn.empty())
    return assume_role_with_token(world, role, identity_.web_identity_token_file);

  MaybeCredentials found = std::optional<AwsCredentials>();
  if (!identity_.access_key_id.empty()) {
    found = std::optional(AwsCredentials{
        .access_key_id = identity_.access_key_id,
        .secret_access_key = identity_.secret_access_key,
        .session_token = identity_.session_token,
        .expires = {},
        .origin = "the source's settings"});
  } else if (!identity_.profile.empty()) {
    found = ProfileWalk(world, identity_).find(identity_.profile, true);
  } else {
    found = credentials_of_environment(world);
    const std::string file = world.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (found && !*found && !file.empty()) {
      AssumedRole own = role;
      own.arn = world.variable("AWS_ROLE_ARN");
      own.external_id.clear();
      if (const auto name = world.variable("AWS_ROLE_SESSION_NAME"); !name.empty())
        own.session_name = name;
      found = std::optional(TRY(assume_role_with_token(world, own, file)));
    }
    const std::string named = world.variable("AWS_PROFILE");
    if (found && !*found)
      found = ProfileWalk(world, identity_).find(named.empty() ? "default" : named, !named.empty());
    if (found && !*found) found = credentials_of_container(world);
    if (found && !*found) found = credentials_of_instance(world);
  }
  if (!found) return found.error();
  if (!*found) {
    return denied(
        "no AWS credentials: none in the source's settings, the environment (AWS_ACCESS_KEY_ID), a "
        "web identity (AWS_WEB_IDENTITY_TOKEN_FILE), the profiles of ~/.aws, the container or the "
        "instance's metadata. Name a profile, or give access_key_id and secret_access_key");
  }
  if (role.arn.empty()) return **found;
  return assume_role(world, role, **found);
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return out;
}

}  // namespace outlay::io
