//! What a system costs: each part by the hour and by the month, what has no known price, and CPU credits.
//!
//! Prices are those of the model: of the catalogue, or written down. A part without a price is named and adds nothing,
//! so a total with unknown parts is a lower bound.

use serde::Serialize;

use super::prediction::Row;
use crate::model::{Credits, Database, Host, Model, Storage, Volume, VolumePrice};

/// Hours in a month as cloud price lists count them.
pub const HOURS_PER_MONTH: f64 = 730.0;
/// Credits of one hour of one core.
const CREDITS_PER_HOUR: f64 = 60.0;

/// What a system costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Parts with a price.
    pub lines: Vec<CostLine>,
    /// Sum of the lines, dollars per hour and per month of 730 hours.
    pub usd_per_hour: f64,
    pub usd_per_month: f64,
    /// Parts without one; they are not in the sums.
    pub unknown: Vec<UnknownPrice>,
    /// CPU credits beyond those earned, as a test had them; not in the sums either. Empty without a test.
    pub surplus_credits: Vec<SurplusCost>,
}

/// What kind of thing is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Host,
    Tier,
    Database,
    /// Replicas of a database or a cache.
    Replica,
    Cache,
    /// The size of volumes, or volumes as a whole.
    Storage,
    /// Operations per second that are paid for besides.
    Iops,
}

/// Alike things of one price.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CostLine {
    pub part: Part,
    /// Of the tier, database, cache or host.
    pub name: String,
    /// "t3.large", "gp3, 100 GB"; empty: a price without a type.
    pub r#type: String,
    /// How many, at least 1; of a tier that scales those at first.
    pub count: u32,
    /// How many there may be of a tier that scales.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Dollars for all of them.
    pub usd_per_hour: f64,
    pub usd_per_month: f64,
}

/// Something without a price.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownPrice {
    pub part: Part,
    pub name: String,
    /// As of lines.
    pub r#type: String,
    pub count: u32,
    /// "no instance type and no price is given", for people.
    pub why: String,
}

/// CPU credits that instances in unlimited mode spend beyond those earned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurplusCost {
    /// The tier or host, or "database cpu".
    pub name: String,
    /// Dollars owed at the end of the test, per hour of it, for all instances.
    pub usd_per_hour_of_test: f64,
    /// Dollars if the load of the test lasted all month, when no credits saved before it pay for any.
    pub usd_per_month: f64,
}

/// What a part costs and of what type it is; the price of one per hour, or why it is not known.
struct Priced {
    kind: String,
    price: Result<f64, String>,
}

/// What the parts of a model cost; microseconds, no simulation.
#[must_use]
pub fn cost(model: &Model) -> Cost {
    let mut cost = Cost::default();
    for host in &model.hosts {
        cost.add(Part::Host, &host.name, 1, of_host(&host.host, "instance type"));
    }
    for tier in model.tiers.iter().filter(|tier| tier.host.on.is_none()) {
        cost.add(Part::Tier, &tier.name, tier.count, of_host(&tier.host, "instance type"));
        let most = tier.autoscale.as_ref().map(|scale| scale.most);
        if let Some(line) = cost.lines.last_mut().filter(|line| (line.part, &line.name) == (Part::Tier, &tier.name)) {
            line.most = most;
        }
    }
    let replicas = |database: &Database| database.replication.as_ref().map_or(0, |known| known.replicas);
    // Those of replicas stand behind the others.
    let copies = model.databases.iter().map(|database| replicas(database) as usize).sum::<usize>();
    for database in &model.databases[..model.databases.len().saturating_sub(copies)] {
        for (part, count) in [(Part::Database, 1), (Part::Replica, replicas(database))] {
            if database.host.on.is_none() {
                cost.add(part, &database.name, count, of_host(&database.host, "instance class"));
            }
        }
        if let Some(storage) = &database.storage {
            cost.storage(&database.name, 1 + replicas(database), storage);
        }
    }
    for cache in &model.caches {
        for (part, count) in [(Part::Cache, 1), (Part::Replica, cache.replicas)] {
            cost.add(part, &cache.name, count, of_machine(cache.node.as_deref(), cache.price, "node type"));
        }
    }
    cost
}

impl Cost {
    /// Whether no machine of the system has a type, and nothing a price.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let volume = |part: Part| matches!(part, Part::Storage | Part::Iops);
        self.lines.is_empty() && self.unknown.iter().all(|one| one.r#type.is_empty() || volume(one.part))
    }

    /// Adds what instances in unlimited mode owe, from the whole-test figures of a test that takes so many seconds
    /// (above 0).
    pub fn add_surplus(&mut self, model: &Model, rows: &[Row], seconds: f64) {
        for Owing { row: name, credits, count, .. } in owing(model) {
            let figure = |stat: &str| {
                let whole =
                    |row: &&Row| row.key.from_s.is_none() && row.key.metric == "credits" && row.key.stat == stat;
                rows.iter().filter(whole).find(|row| row.key.scope == name).map(|row| row.estimate.value)
            };
            let (Some(charge), Some(surplus)) = (figure("charge"), figure("surplus")) else { continue };
            let (start, end) = (figure("start").unwrap_or(0.0), figure("end").unwrap_or(0.0));
            let per_hour = 3600.0 / seconds;
            let missing = (surplus + start - end).max(0.0) * f64::from(count);
            let owed = missing / CREDITS_PER_HOUR * credits.surplus_price * per_hour;
            if charge > 0.0 || owed > 0.0 {
                let (usd_per_hour_of_test, usd_per_month) = (charge * per_hour, owed * HOURS_PER_MONTH);
                self.surplus_credits.push(SurplusCost { name, usd_per_hour_of_test, usd_per_month });
            }
        }
    }

    /// Dollars per hour that instances in unlimited mode owe for CPU credits while they are as busy as this: `used` says of
    /// "app cpu" what share of it is in use. Of what is not known nothing is owed.
    #[must_use]
    pub fn surplus_while(model: &Model, used: impl Fn(&str) -> Option<f64>) -> f64 {
        let owed = |Owing { cpu, credits, cores, count, .. }: Owing| {
            let busy = used(&cpu)?.min(1.0) * cores;
            // 60 credits are an hour of a core.
            Some((busy - credits.baseline).max(0.0) * credits.surplus_price * f64::from(count))
        };
        owing(model).filter_map(owed).sum()
    }

    /// Whether any instance may owe anything for CPU credits.
    #[must_use]
    pub fn may_owe(model: &Model) -> bool {
        owing(model).next().is_some()
    }

    fn storage(&mut self, name: &str, count: u32, storage: &Storage) {
        let volume = &storage.volume;
        match volume.price {
            VolumePrice::OfMachine => {}
            VolumePrice::Whole(price) => {
                self.add(Part::Storage, name, count, Priced { kind: described(volume), price: Ok(price) });
            }
            VolumePrice::Parts { gib, iops } => {
                let unlisted = format!("the catalogue has no price of {} for it", volume.medium);
                let size = match (volume.gib, gib) {
                    (Some(size), Some(price)) => Ok(size * price / HOURS_PER_MONTH),
                    (_, None) => Err(unlisted.clone()),
                    (None, Some(_)) => Err("no size is given".to_owned()),
                };
                self.add(Part::Storage, name, count, Priced { kind: described(volume), price: size });
                if volume.iops > 0.0 {
                    let price = iops.map(|price| volume.iops * price / HOURS_PER_MONTH).ok_or(unlisted);
                    let kind = format!("{}, {} IOPS", volume.medium, volume.iops);
                    self.add(Part::Iops, name, count, Priced { kind, price });
                }
            }
        }
    }

    /// Nothing if there is none of it.
    fn add(&mut self, part: Part, name: &str, count: u32, of: Priced) {
        let name = name.to_owned();
        match of.price {
            _ if count == 0 => {}
            Ok(one) => {
                let usd_per_hour = one * f64::from(count);
                let usd_per_month = usd_per_hour * HOURS_PER_MONTH;
                self.usd_per_hour += usd_per_hour;
                self.usd_per_month += usd_per_month;
                let line = CostLine { part, name, r#type: of.kind, count, most: None, usd_per_hour, usd_per_month };
                self.lines.push(line);
            }
            Err(why) => self.unknown.push(UnknownPrice { part, name, r#type: of.kind, count, why }),
        }
    }
}

/// Alike instances in unlimited mode.
struct Owing {
    /// Scope of their rows.
    row: String,
    /// "app cpu".
    cpu: String,
    credits: Credits,
    /// Of each.
    cores: f64,
    count: u32,
}

fn owing(model: &Model) -> impl Iterator<Item = Owing> {
    let named = |name: &String| (name.clone(), format!("{name} cpu"));
    let hosts = model.hosts.iter().map(move |one| (named(&one.name), &one.host, one.cores, 1));
    let tiers = model.tiers.iter().map(move |tier| (named(&tier.name), &tier.host, tier.cores, tier.count));
    let databases = model.databases.iter().map(move |one| {
        let (_, cpu) = named(&one.name);
        ((cpu.clone(), cpu), &one.host, one.cores, 1)
    });
    let owing = |((row, cpu), host, cores, count): ((String, String), &Host, f64, u32)| {
        let credits = host.credits.filter(|credits| credits.unlimited && host.on.is_none())?;
        Some(Owing { row, cpu, credits, cores, count })
    };
    hosts.chain(tiers).chain(databases).filter_map(owing)
}

fn of_host(host: &Host, what: &str) -> Priced {
    of_machine(host.instance.as_deref(), host.price, what)
}

fn of_machine(kind: Option<&str>, price: Option<f64>, what: &str) -> Priced {
    let why = || match kind {
        Some(kind) => format!("the catalogue has no price of {kind}"),
        None => format!("no {what} and no price is given"),
    };
    Priced { kind: kind.unwrap_or_default().to_owned(), price: price.ok_or_else(why) }
}

/// "gp3, 100 GB". AWS writes GB and means GiB.
fn described(volume: &Volume) -> String {
    match volume.gib {
        Some(gib) => format!("{}, {gib} GB", volume.medium),
        None => volume.medium.to_owned(),
    }
}
