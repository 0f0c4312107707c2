//! Machines: cores, speed and credits, written down or those of an instance type.

use super::names::{Resolver, all, latest};
use super::station::MOST_CORES;
use crate::catalogue::ec2::Instance;
use crate::catalogue::{Burstable, Sheet, instead, rds};
use crate::model::{Bandwidth, Credits, Host, SharedHost};
use crate::problem::quoted;
use crate::spec::host::HostSpec;
use crate::spec::node::Span;
use crate::spec::number::{Plain, Positive, Price};
use crate::spec::reader::{At, Finding, NamedEntry};
use crate::spec::station::{BandwidthSpec, CreditMode, DatabaseSpec, TierSpec};

/// Seconds for which an instance passes its burst bandwidth: the least that AWS tells, "from 5 to 60
/// minutes, depending on the instance size". Source: Amazon EC2 user guide, "Instance network bandwidth".
const BURST_FOR: f64 = 300.0;

/// What a machine gives to what runs on it.
pub struct Machine {
    pub cores: f64,
    /// Of one core, relative to the one on which demands were measured.
    pub speed: f64,
    pub host: Host,
    /// Bytes; `None`: not known.
    pub memory: Option<f64>,
}

/// What is written of a machine.
struct Written<'a> {
    span: Span,
    what: &'a str,
    cores: Option<&'a At<Positive>>,
    instance: Option<&'a At<String>>,
    on: Option<&'a At<String>>,
    measured_on: Option<&'a At<String>>,
    credits: Option<&'a At<Plain>>,
    mode: Option<CreditMode>,
    price: Option<&'a At<Price>>,
}

impl<'a> Written<'a> {
    fn of_host(spec: &'a HostSpec) -> Written<'a> {
        Written {
            span: spec.span,
            what: "a host",
            cores: spec.cores.as_ref(),
            instance: spec.instance.as_ref(),
            on: None,
            measured_on: spec.measured_on.as_ref(),
            credits: spec.credits.as_ref(),
            mode: spec.credit_mode,
            price: spec.price.as_ref(),
        }
    }

    /// Dollars per hour.
    fn price(&self) -> Option<f64> {
        self.price.map(|price| price.value.0)
    }
}

/// What the catalogue knows of an instance type.
struct Known {
    vcpus: u32,
    memory: f64,
    network: Option<Bandwidth>,
    burstable: Option<Burstable>,
    launch_credits: f64,
    surplus_price: f64,
    /// CoreMark per vCPU.
    score: Option<f64>,
    /// Dollars per hour.
    price: Option<f64>,
}

impl Resolver<'_> {
    pub fn tier_machine(&mut self, spec: &TierSpec) -> Option<Machine> {
        let written = Written {
            span: spec.span,
            what: "a tier",
            cores: spec.cores.as_ref(),
            instance: spec.instance.as_ref(),
            on: spec.host.as_ref(),
            measured_on: spec.measured_on.as_ref(),
            credits: spec.credits.as_ref(),
            mode: spec.credit_mode,
            price: spec.price.as_ref(),
        };
        self.machine(&written, Self::ec2)
    }

    /// The machine of a database, and the connections that its class accepts by default.
    pub fn database_machine(&mut self, spec: &DatabaseSpec) -> Option<(Machine, Option<u32>)> {
        let written = Written {
            span: spec.span,
            what: "a database",
            cores: spec.cores.as_ref(),
            instance: spec.instance.as_ref(),
            on: spec.host.as_ref(),
            measured_on: spec.measured_on.as_ref(),
            credits: spec.credits.as_ref(),
            mode: spec.credit_mode,
            price: spec.price.as_ref(),
        };
        let machine = self.machine(&written, Self::rds)?;
        let class = spec.instance.as_ref().and_then(|name| self.catalogue.class(&name.value));
        let connections = class.map(|class| class.max_connections);
        Some((machine, connections))
    }

    fn machine(&mut self, w: &Written, look_up: fn(&mut Self, &At<String>) -> Option<Known>) -> Option<Machine> {
        if let Some(on) = w.on {
            return self.machine_on(w, on);
        }
        let Some(instance) = w.instance else { return self.bare_machine(w) };
        let known = look_up(self, instance);
        if let Some(cores) = w.cores {
            let hint = "leave one of them out: a type has its cores";
            let span = latest(instance.span, cores.span);
            self.problem_with_hint(span, format!("{} has cores or an instance type, not both", w.what), hint);
            return None;
        }
        let measured_on = w.measured_on.map(|on| look_up(self, on).map(|known| (on, known)));
        let known = known?;
        let speed = match measured_on {
            None => {
                self.warn_of_other_type(instance);
                1.0
            }
            Some(on) => {
                let (on, measured) = on?;
                self.score(&known, instance)? / self.score(&measured, on)?
            }
        };
        let credits = self.credits(w, instance, &known);
        let host = Host {
            instance: Some(instance.value.clone()),
            price: w.price().or(known.price),
            credits: credits?,
            bandwidth: known.network,
            on: None,
        };
        Some(Machine { cores: f64::from(known.vcpus), speed, host, memory: Some(known.memory) })
    }

    /// The machines that are shared.
    pub fn hosts(&mut self) -> Option<Vec<SharedHost>> {
        all(&self.file.host.entries, |entry| self.host(entry))
    }

    fn host(&mut self, entry: &NamedEntry<HostSpec>) -> Option<SharedHost> {
        self.check_name(entry, "a host");
        let file = self.file;
        if file.tier.names().chain(file.database.names()).any(|name| name == entry.name.value) {
            let what = format!("a tier or database is also called {}", quoted(&entry.name.value));
            self.problem_with_hint(entry.name.span, what, "results name CPU by all of them: choose two names");
        }
        let spec = entry.value.as_ref()?;
        let machine = self.machine(&Written::of_host(spec), Self::ec2);
        let contention = self.contention(spec.contention.as_ref());
        let load_generator = match &spec.load_generator {
            Some(law) => self.law(law).map(Some),
            None => Some(None),
        };
        let machine = machine?;
        Some(SharedHost {
            name: entry.name.value.clone(),
            cores: machine.cores,
            contention: contention?,
            host: machine.host,
            load_generator: load_generator?,
            speed: machine.speed,
        })
    }

    /// Part of a machine that others use too.
    fn machine_on(&mut self, w: &Written, on: &At<String>) -> Option<Machine> {
        let keys = [
            (w.cores.map(|cores| cores.span), "cores"),
            (w.instance.map(|instance| instance.span), "instance"),
            (w.measured_on.map(|on| on.span), "measured_on"),
            (w.credits.map(|credits| credits.span), "credits"),
            (w.mode.map(|_| w.span), "credit_mode"),
            (w.price.map(|price| price.span), "price"),
        ];
        let mut alone = true;
        for (span, key) in keys {
            if let Some(span) = span {
                alone = false;
                let what = format!("{key} is said by the host {}", quoted(&on.value));
                self.problem_with_hint(latest(span, on.span), what, "leave one of them out");
            }
        }
        let file = self.file;
        let index = self.reference("host", &file.host, on)?;
        let spec = file.host.entries.get(index as usize)?.value.as_ref()?;
        let machine = self.machine(&Written::of_host(spec), Self::ec2)?;
        let host = Host { on: Some(index), credits: None, ..machine.host };
        alone.then_some(Machine { host, ..machine })
    }

    /// What is written of a bandwidth; `Some(None)` if nothing is.
    pub fn bandwidth(&mut self, spec: Option<&BandwidthSpec>) -> Option<Option<Bandwidth>> {
        let (base, burst, burst_for) = match spec {
            None => return Some(None),
            Some(BandwidthSpec::Steady(base)) => (base, base, BURST_FOR),
            Some(BandwidthSpec::Burst(spec)) => {
                (&spec.base, &spec.burst, spec.burst_for.as_ref().map_or(BURST_FOR, |time| time.value.0))
            }
        };
        if base.value.0 <= 0.0 {
            self.problem(base.span, "a bandwidth is above 0");
            return None;
        }
        if burst.value.0 < base.value.0 {
            self.problem(burst.span, "a burst is at least as much as the base");
            return None;
        }
        Some(Some(Bandwidth { base: base.value.0, burst: burst.value.0, burst_for }))
    }

    /// One of which only the cores are known.
    fn bare_machine(&mut self, w: &Written) -> Option<Machine> {
        let needs = [
            (w.measured_on.map(|on| on.span), "measured_on"),
            (w.credits.map(|credits| credits.span), "credits"),
            (w.mode.map(|_| w.span), "credit_mode"),
        ];
        for (span, key) in needs {
            if let Some(span) = span {
                let hint = "add instance = \"t3.large\", or leave it out";
                self.problem_with_hint(span, format!("{key} means nothing without an instance type"), hint);
            }
        }
        let Some(cores) = w.cores else {
            let hint = "or instance = \"t3.large\"";
            self.problem_with_hint(w.span, format!("{} needs the key \"cores\"", w.what), hint);
            return None;
        };
        let cores = self.at_most(cores, MOST_CORES, "cores")?;
        Some(Machine { cores, speed: 1.0, host: Host { price: w.price(), ..Host::default() }, memory: None })
    }

    fn ec2(&mut self, name: &At<String>) -> Option<Known> {
        let Some(found) = self.catalogue.instance(&name.value) else {
            if !self.may_be_in_a_broken_file(Sheet::Ec2) {
                let hint = instead(&name.value, self.catalogue.ec2.iter().map(|one| one.name.as_str()));
                self.problem_with_hint(name.span, format!("there is no instance type {}", quoted(&name.value)), hint);
            }
            return None;
        };
        Some(Known {
            vcpus: found.vcpus,
            memory: found.memory_bytes,
            network: found.network.map(|(base, burst)| Bandwidth { base, burst, burst_for: BURST_FOR }),
            burstable: found.burstable,
            launch_credits: found.launch_credits(),
            surplus_price: found.surplus_price().unwrap_or(0.0),
            score: found.core_score(),
            price: found.price,
        })
    }

    fn rds(&mut self, name: &At<String>) -> Option<Known> {
        let Some(found) = self.catalogue.class(&name.value) else {
            if !self.may_be_in_a_broken_file(Sheet::Rds) {
                let hint = match self.catalogue.class(&format!("db.{}", name.value)) {
                    Some(class) => format!("did you mean {}?", quoted(&class.name)),
                    None => instead(&name.value, self.catalogue.rds.iter().map(|one| one.name.as_str())),
                };
                self.problem_with_hint(name.span, format!("there is no instance class {}", quoted(&name.value)), hint);
            }
            return None;
        };
        Some(Known {
            vcpus: found.vcpus,
            memory: found.memory_bytes,
            // What statements and rows weigh is not told.
            network: None,
            burstable: found.burstable,
            launch_credits: 0.0,
            surplus_price: rds::surplus_price().unwrap_or(0.0),
            score: self.catalogue.machine(&found.name).and_then(Instance::core_score),
            price: found.price,
        })
    }

    fn score(&mut self, known: &Known, name: &At<String>) -> Option<f64> {
        if known.score.is_none() {
            let hint = "leave measured_on out and write speed = 1.2";
            self.problem_with_hint(name.span, format!("the speed of {} is not known", quoted(&name.value)), hint);
        }
        known.score
    }

    /// Another type than the file has, and nothing says how fast the one was on which it was measured.
    fn warn_of_other_type(&mut self, instance: &At<String>) {
        if instance.span.source == self.file.span.source {
            return;
        }
        let what = format!("CPU times are taken as they are on {}", quoted(&instance.value));
        let hint = Some("measured_on = \"t3.large\" scales them by the speed of one vCPU".to_owned());
        self.warnings.push(Finding { span: instance.span, what, hint });
    }

    /// `Some(None)`: not burstable.
    fn credits(&mut self, w: &Written, instance: &At<String>, known: &Known) -> Option<Option<Credits>> {
        let Some(burst) = known.burstable else {
            if w.credits.is_some() || w.mode.is_some() {
                let span = w.credits.map_or(w.span, |credits| credits.span);
                // Written for the type that stood there before: they say nothing of this one.
                if instance.span.source != self.file.span.source && span.source != instance.span.source {
                    let what = format!("{} is not burstable: credits are left aside", quoted(&instance.value));
                    self.warnings.push(Finding { span: instance.span, what, hint: None });
                    return Some(None);
                }
                self.problem(span, format!("{} has no CPU credits: it is not burstable", quoted(&instance.value)));
                return None;
            }
            return Some(None);
        };
        let unlimited = w.mode.map_or(burst.unlimited, |mode| mode == CreditMode::Unlimited);
        // Launch credits are for standard mode only.
        let launch = if unlimited { 0.0 } else { known.launch_credits.min(burst.most) };
        let start = w.credits.map_or(launch, |credits| credits.value.0);
        if let Some(written) = w.credits.filter(|_| start > burst.most) {
            self.problem(written.span, format!("{} keeps {} credits at most", quoted(&instance.value), burst.most));
            return None;
        }
        Some(Some(Credits {
            baseline: burst.per_hour / 60.0,
            start,
            launch,
            most: burst.most,
            unlimited,
            surplus_price: known.surplus_price,
        }))
    }
}
