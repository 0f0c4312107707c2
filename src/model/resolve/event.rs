//! Scheduled events of tests, and how balancers notice them.

use super::names::{Resolver, all};
use crate::model::event::{Event, Health, Station, What};
use crate::model::{Quantity, SharedHost, Tier};
use crate::problem::{plural, quoted, suggest};
use crate::spec::event::{BrownOutEvent, EventSpec, FailOverEvent, HealthSpec};
use crate::spec::node::Span;
use crate::spec::number::{Count, Duration, ShareAmount};
use crate::spec::reader::{At, Finding, List};

/// Instances that one event may add or kill.
const MOST_INSTANCES: u32 = 10_000;
/// A drain that nobody has chosen, seconds: Kubernetes' `terminationGracePeriodSeconds`.
const DRAIN: f64 = 30.0;
/// Checks that a balancer asks for at most: that of an Application Load Balancer is 10.
const MOST_CHECKS: u32 = 1000;

fn seconds(time: Option<&At<Duration>>, otherwise: f64) -> f64 {
    time.map_or(otherwise, |time| time.value.0)
}

impl Resolver<'_> {
    /// The events of a test in order of time, those of one instant as written.
    pub fn events(&mut self, spec: Option<&List<EventSpec>>) -> Option<Vec<Event>> {
        let Some(list) = spec else { return Some(Vec::new()) };
        let mut events: Vec<(Event, Span)> = all(&list.items, |event| self.event(event))?;
        events.sort_by(|(a, _), (b, _)| a.at.total_cmp(&b.at));
        for (i, (event, span)) in events.iter().enumerate() {
            if events[..i].iter().any(|(other, _)| (other.at, &other.words) == (event.at, &event.words)) {
                self.problem(*span, format!("{} happens twice at this instant", quoted(&event.words)));
            }
        }
        Some(events.into_iter().map(|(event, _)| event).collect())
    }

    fn event(&mut self, spec: &EventSpec) -> Option<(Event, Span)> {
        let file = self.file;
        let (at, span, words, what) = match spec {
            EventSpec::Kill(one) => {
                let tier = self.reference("tier", &file.tier, &one.kill);
                let instances = self.instances(one.instances.as_ref());
                let restart = one.restart.as_ref().map(|restart| restart.value.0);
                let what = What::Kill { tier: tier?, instances: instances?, restart };
                (&one.at, one.span, format!("kill {}", one.kill.value), what)
            }
            EventSpec::Add(one) => {
                let tier = self.reference("tier", &file.tier, &one.add);
                let instances = self.instances(one.instances.as_ref());
                let start_up = seconds(one.start_up.as_ref(), 0.0);
                let what = What::Add { tier: tier?, instances: instances?, start_up };
                (&one.at, one.span, format!("add {}", one.add.value), what)
            }
            EventSpec::Deploy(one) => {
                let tier = self.reference("tier", &file.tier, &one.deploy)?;
                let (start_up, drain) = (seconds(one.start_up.as_ref(), 0.0), seconds(one.drain.as_ref(), DRAIN));
                let what = What::Deploy { tier, start_up, drain };
                (&one.at, one.span, format!("deploy {}", one.deploy.value), what)
            }
            EventSpec::Flush(one) => {
                let cache = self.reference("cache", &file.cache, &one.flush)?;
                (&one.at, one.span, format!("flush {}", one.flush.value), What::Flush { cache })
            }
            EventSpec::Slow(one) => {
                let of = self.station(&one.slow);
                self.lasts(&one.lasts)?;
                let what = What::Slow { of: of?, times: Some(one.times.value.0), lasts: one.lasts.value.0 };
                (&one.at, one.span, format!("slow {}", one.slow.value), what)
            }
            EventSpec::Stop(one) => {
                let of = self.station(&one.stop);
                self.lasts(&one.lasts)?;
                let what = What::Slow { of: of?, times: None, lasts: one.lasts.value.0 };
                (&one.at, one.span, format!("stop {}", one.stop.value), what)
            }
            EventSpec::FailOver(one) => {
                let what = self.fail_over(one)?;
                (&one.at, one.span, format!("fail over {}", one.fail_over.value), what)
            }
            EventSpec::BrownOut(one) => {
                let what = self.brown_out(one)?;
                (&one.at, one.span, format!("brown-out of {}", one.brown_out.value), what)
            }
        };
        Some((Event { at: at.value.0, what, words }, span))
    }

    fn fail_over(&mut self, one: &FailOverEvent) -> Option<What> {
        let of = self.station(&one.fail_over);
        let lasts = self.lasts(&one.lasts);
        let cold = match (&one.cold_times, &one.cold_for) {
            (Some(times), Some(lasts)) => self.lasts(lasts).map(|()| Some((times.value.0, lasts.value.0))),
            (None, None) => Some(None),
            (times, lasts) => {
                let span = times.as_ref().map(|at| at.span).or(lasts.as_ref().map(|at| at.span));
                self.problem(span.unwrap_or(one.span), "cold_times and cold_for belong together");
                None
            }
        };
        match of? {
            Station::Database(_) => {}
            Station::Cache(_) => {
                if let Some(times) = &one.cold_times {
                    let hint = "a cache that loses its keys is flushed";
                    self.problem_with_hint(times.span, "the memory of a cache is its keys", hint);
                    return None;
                }
            }
            Station::Tier(_) | Station::Api(_) => {
                let what = format!("{} is no database and no cache", quoted(&one.fail_over.value));
                self.problem_with_hint(one.fail_over.span, what, "tiers are killed, APIs have brown-outs");
                return None;
            }
        }
        lasts?;
        Some(What::FailOver { of: of?, lasts: one.lasts.value.0, cold: cold? })
    }

    fn brown_out(&mut self, one: &BrownOutEvent) -> Option<What> {
        let api = self.reference("api", &self.file.api, &one.brown_out);
        let lasts = self.lasts(&one.lasts);
        let share = |resolver: &mut Self, share: Option<&At<ShareAmount>>, otherwise: f64| match share {
            Some(share) => resolver.share(share),
            None => Some(Quantity::Known(otherwise)),
        };
        let (errors, left) = (share(self, one.errors.as_ref(), 0.0), share(self, one.limits.as_ref(), 1.0));
        if one.times.is_none() && one.errors.is_none() && one.limits.is_none() {
            self.problem_with_hint(one.span, "nothing happens in this brown-out", "give it times, errors or limits");
        }
        if let Some(limits) = &one.limits {
            let spec = self.file.api.entries.iter().find(|entry| entry.name.value == one.brown_out.value);
            let spec = spec.and_then(|entry| entry.value.as_ref());
            if spec.is_some_and(|spec| spec.rate_limit.is_none() && spec.concurrency.is_none()) {
                let what = format!("{} has no rate limit and no concurrency", quoted(&one.brown_out.value));
                self.problem(limits.span, what);
            }
        }
        lasts?;
        let times = one.times.as_ref().map_or(1.0, |times| times.value.0);
        Some(What::BrownOut { api: api?, times, errors: errors?, left: left?, lasts: one.lasts.value.0 })
    }

    /// Refuses what a shared machine cannot do.
    pub fn refuse_events(&mut self, tiers: &[Tier], hosts: &[SharedHost]) {
        let tests = self.file.test.entries.iter().filter_map(|entry| entry.value.as_ref());
        for event in tests.filter_map(|test| test.events.as_ref()).flat_map(|list| &list.items) {
            let (written, adds) = match event {
                EventSpec::Kill(one) => (&one.kill, false),
                EventSpec::Add(one) => (&one.add, true),
                _ => continue,
            };
            let tier = tiers.iter().find(|tier| tier.name == written.value);
            let Some(host) = tier.and_then(|tier| hosts.get(tier.host.on? as usize)) else { continue };
            let (name, host_name) = (quoted(&written.value), quoted(&host.name));
            if adds {
                let what = format!(
                    "{name} is on the host {host_name}, which is one machine: there is none for another instance"
                );
                self.problem(written.span, what);
            } else if host.load_generator.is_some() {
                let what = format!(
                    "the load generator is on the host {host_name} too: with {name} it would die, and with it the test"
                );
                self.problem(written.span, what);
            }
        }
    }

    /// Warns where more instances are killed than there ever are.
    pub fn warn_of_too_many_killed(&mut self, tiers: &[Tier]) {
        let tests = self.file.test.entries.iter().filter_map(|entry| entry.value.as_ref());
        for list in tests.filter_map(|test| test.events.as_ref()) {
            let adds =
                |name: &str| list.items.iter().any(|one| matches!(one, EventSpec::Add(add) if add.add.value == name));
            for event in &list.items {
                let EventSpec::Kill(kill) = event else { continue };
                let Some(written) = &kill.instances else { continue };
                let Some(tier) = tiers.iter().find(|tier| tier.name == kill.kill.value) else { continue };
                let fixed = tier.autoscale.is_none() && !adds(&tier.name);
                if fixed && written.value.0 > tier.count {
                    let (name, count) = (quoted(&tier.name), tier.count);
                    let what =
                        format!("{name} has {count} {}: all of them are killed", plural(count as usize, "instance"));
                    self.warnings.push(Finding { span: written.span, what, hint: None });
                }
            }
        }
    }

    fn instances(&mut self, written: Option<&At<Count>>) -> Option<u32> {
        self.count(written, 1, MOST_INSTANCES, "an event is about an instance at least")
    }

    fn lasts(&mut self, time: &At<Duration>) -> Option<()> {
        if time.value.0 == 0.0 {
            self.problem(time.span, "an event must last for a time above 0");
            return None;
        }
        Some(())
    }

    /// What "kind.name" stands for.
    fn station(&mut self, written: &At<String>) -> Option<Station> {
        const KINDS: [&str; 4] = ["tier", "database", "cache", "api"];
        let file = self.file;
        let (kind, name) = written.value.split_once('.').unwrap_or(("", &written.value));
        let known = At { value: name.to_owned(), span: written.span };
        match kind {
            "tier" => self.reference(kind, &file.tier, &known).map(Station::Tier),
            "database" => self.reference(kind, &file.database, &known).map(Station::Database),
            "cache" => self.reference(kind, &file.cache, &known).map(Station::Cache),
            "api" => self.reference(kind, &file.api, &known).map(Station::Api),
            _ => {
                let hint = suggest(kind, "kind", KINDS);
                let what = format!("{} is not \"KIND.NAME\"", quoted(&written.value));
                self.problem_with_hint(written.span, what, hint);
                None
            }
        }
    }

    /// Checks of a balancer; `Some(None)` if left out.
    pub fn health(&mut self, spec: Option<&HealthSpec>) -> Option<Option<Health>> {
        let Some(spec) = spec else { return Some(None) };
        let interval = self.above_zero_seconds(Some(&spec.interval), "interval");
        let checks = |resolver: &mut Self, count: Option<&At<Count>>, otherwise: u32| match count {
            Some(_) => resolver.count(count, 1, MOST_CHECKS, "one check at least decides"),
            None => Some(otherwise),
        };
        let unhealthy = checks(self, spec.unhealthy.as_ref(), 2);
        let healthy = checks(self, spec.healthy.as_ref(), 1);
        Some(Some(Health { interval: interval??, unhealthy: unhealthy?, healthy: healthy? }))
    }
}
