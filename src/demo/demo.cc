// SPDX-License-Identifier: Apache-2.0
#include "demo/demo.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/mutex.h"
#include "base/text.h"
#include "demo/bill.h"
#include "demo/truth.h"

namespace outlay::demo {
namespace {

using Writer = base::Result<BillResult> (*)(const BillTask&);

struct Provider {
  const char* name;
  Writer write;
  bool is_restated;  ///< delivers one closed month twice
};

constexpr Provider kProviders[]{
    {"aws", write_aws, true},
    {"azure", write_azure, true},
    {"google", write_google, false},
    {"saas", write_saas, false}};

struct Job {
  const Provider* provider;
  BillTask task;
};

base::Result<base::Done> check(const DemoSettings& settings) {
  if (settings.months < 1 || settings.months > 120) {
    return base::invalid_input(
        fmt::format("wanted 1 to 120 months of demo bills, found {}", settings.months));
  }
  if (!(settings.scale > 0) || settings.scale > 100'000) {
    return base::invalid_input(
        fmt::format("wanted a scale above 0 and up to 100000, found {}", settings.scale));
  }
  if (settings.rows && *settings.rows < 1) {
    return base::invalid_input(
        fmt::format("wanted a number of rows above 0, found {}", *settings.rows));
  }
  if (!settings.last_month.ok() || settings.last_month.day() != std::chrono::day{1}) {
    return base::invalid_input("wanted the first day of a month as the last month");
  }
  for (const std::string& name : settings.providers) {
    if (std::count(demo_providers().begin(), demo_providers().end(), name) == 0) {
      return base::invalid_input(fmt::format(
          "no demo provider \"{}\"; there are {}.{}",
          name,
          base::join(demo_providers(), ", "),
          base::did_you_mean(name, demo_providers())));
    }
  }
  return base::Done{};
}

base::Result<base::Done> make_empty_folder(const io::Path& folder) {
  if (folder.empty()) return base::invalid_input("wanted a folder for the demo bills; name one");
  TRY(io::make_folders(folder));
  if (!TRY(io::list_files(folder)).empty()) {
    return base::conflict(fmt::format(
        "{} has files in it; name another folder for the demo bills or empty this one",
        folder.string()));
  }
  return base::Done{};
}

bool is_wanted(const DemoSettings& settings, const char* name) {
  const std::vector<std::string>& wanted = settings.providers;
  return wanted.empty() || std::count(wanted.begin(), wanted.end(), name) > 0;
}

std::vector<Job> plan(const DemoSettings& settings, const Company& company, const io::Path& out) {
  std::vector<Job> jobs;
  const bool twice = settings.with_restatement && company.months > 1;
  for (const Provider& provider : kProviders) {
    if (!is_wanted(settings, provider.name)) continue;
    for (int index = 0; index < company.months; ++index) {
      const BillTask task{company, company.month(index), false, out, settings.compression};
      jobs.push_back({&provider, task});
    }
    if (!twice || !provider.is_restated) continue;
    const io::Path folder = out.empty() ? io::Path() : out / "restated";
    const BillTask task{
        company, company.month(company.event_month()), true, folder, settings.compression};
    jobs.push_back({&provider, task});
  }
  return jobs;
}

/// Runs the jobs on some threads; which thread does which job changes nothing.
class Crew {
 public:
  Crew(const std::vector<Job>& jobs, const DemoSettings& settings)
      : jobs_(jobs), settings_(settings), results_(jobs.size()) {}

  base::Result<std::vector<ToldBill>> run() {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const unsigned wanted =
        settings_.threads > 0 ? static_cast<unsigned>(settings_.threads) : cores;
    {
      std::vector<std::jthread> crew;
      for (unsigned at = 0; at < std::min<std::size_t>(wanted, jobs_.size()); ++at) {
        crew.emplace_back([this] { work(); });
      }
    }
    std::vector<ToldBill> out;
    for (std::size_t at = 0; at < jobs_.size(); ++at) {
      // A job that was not begun comes after one that failed.
      if (!results_[at]) continue;
      if (!*results_[at]) return results_[at]->error();
      const Job& job = jobs_[at];
      out.push_back(
          {job.provider->name,
           job.task.month,
           job.task.is_restated,
           std::move(*results_[at]).value()});
    }
    return out;
  }

 private:
  void work() {
    for (std::size_t at = next_++; at < jobs_.size() && !has_failed_; at = next_++) {
      results_[at] = jobs_[at].provider->write(jobs_[at].task);
      if (!*results_[at]) {
        has_failed_ = true;
      } else {
        report((*results_[at])->files.front().path);
      }
    }
  }

  void report(const std::string& path) {
    const base::Lock lock(mutex_);
    ++done_;
    if (!settings_.progress) return;
    settings_.progress(path, static_cast<double>(done_) / static_cast<double>(jobs_.size()));
  }

  const std::vector<Job>& jobs_;
  const DemoSettings& settings_;
  std::vector<std::optional<base::Result<BillResult>>> results_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> has_failed_{false};
  base::Mutex mutex_;
  std::size_t done_ GUARDED_BY(mutex_) = 0;
};

long long rows_of(const std::vector<ToldBill>& bills) {
  long long rows = 0;
  for (const ToldBill& bill : bills) {
    for (const DemoFile& file : bill.result.files) rows += file.rows;
  }
  return rows;
}

/// The scale at which about `rows` rows come out, by counting those of a small company and a larger
/// one.
base::Result<std::int64_t> scale_for(
    const DemoSettings& settings, Company company, long long rows) {
  DemoSettings quiet = settings;
  quiet.progress = {};
  std::int64_t estimate = 1'000'000;
  for (int step = 0; step < 3; ++step) {
    // Counting more than five companies' rows takes long and tells no more.
    company.scale_millionths = std::min<std::int64_t>(estimate, 5'000'000);
    const std::vector<Job> jobs = plan(quiet, company, {});
    const long long found = rows_of(TRY(Crew(jobs, quiet).run()));
    const money::Int128 scaled = money::Int128{company.scale_millionths} * rows / found;
    estimate = std::max<std::int64_t>(1, static_cast<std::int64_t>(scaled));
  }
  return estimate;
}

DemoReport report_of(const std::vector<ToldBill>& bills) {
  DemoReport report;
  for (const ToldBill& bill : bills) {
    const BillFacts& facts = bill.result.facts;
    for (DemoFile file : bill.result.files) {
      if (bill.is_restated) file.path = "restated/" + file.path;
      report.rows += file.rows;
      report.bytes += file.bytes;
      report.files.push_back(std::move(file));
    }
    DemoTotal total{
        bill.provider,
        bill.month.text(),
        bill.result.currency,
        bill.is_restated,
        facts.billed,
        facts.effective,
        facts.list,
        facts.contracted};
    if (bill.provider == "google") total.contracted.reset();
    report.totals.push_back(std::move(total));
  }
  return report;
}

}  // namespace

const std::vector<std::string>& demo_providers() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const Provider& provider : kProviders) out.emplace_back(provider.name);
    return out;
  }();
  return names;
}

base::Result<DemoReport> generate(const DemoSettings& settings) {
  TRY(check(settings));
  TRY(make_empty_folder(settings.out));
  Company company;
  company.seed = settings.seed;
  company.months = settings.months;
  company.last_month = settings.last_month;
  company.scale_millionths =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::llround(settings.scale * 1e6)));
  if (settings.rows) company.scale_millionths = TRY(scale_for(settings, company, *settings.rows));
  const std::vector<Job> jobs = plan(settings, company, settings.out);
  const std::vector<ToldBill> bills = TRY(Crew(jobs, settings).run());
  TRY(io::write_file(settings.out / "truth.json", truth_json(company, bills)));
  TRY(io::write_file(settings.out / "TRUTH.md", truth_text(company, bills)));
  const std::string machines = inventory_csv(bills);
  TRY(io::make_folders(settings.out / "inventory"));
  TRY(io::write_file(settings.out / "inventory" / "aws_machines.csv", machines));
  return report_of(bills);
}

}  // namespace outlay::demo
