//! Storage of databases, and what statements ask of it.

use super::names::Resolver;
use crate::catalogue::storage::among;
use crate::model::{Law, Quantity, StatementIo, StatementOptions, Storage, Volume, VolumePrice};
use crate::spec::flow::QueryStep;
use crate::spec::number::NumberAmount;
use crate::spec::reader::At;
use crate::spec::station::DatabaseSpec;
use crate::spec::storage::{StorageSpec, VolumeType};
use crate::units::Kind;

/// gp2: operations per second for each GiB, at least and at most; to what smaller volumes burst, and
/// the credits of a full bucket, with which a volume begins. Source: Amazon EBS user guide, "General
/// Purpose SSD volumes", <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>.
mod gp2 {
    pub const PER_GIB: f64 = 3.0;
    pub const LEAST: f64 = 100.0;
    pub const MOST: f64 = 16_000.0;
    pub const BURST: f64 = 3_000.0;
    pub const BUCKET: f64 = 5_400_000.0;
}

/// gp3 passes so many per second without further pay (same page).
const GP3_IOPS: f64 = 3_000.0;
/// From so many GiB RDS stripes a volume, and more is included; source: `data/catalogue/storage.csv`.
const STRIPED_FROM: f64 = 400.0;
/// A page of PostgreSQL, bytes.
const PAGE: f64 = 8192.0;
/// Nothing passes more operations per second.
const MOST_IOPS: f64 = 1e8;
/// A statement that looks at more pages is no request.
const MOST_PAGES: u32 = 1_000_000;
const MOST_OPERATIONS: f64 = 1e6;

impl<'a> Resolver<'a> {
    /// `rds`: whether the database is an RDS instance, which pays RDS's prices.
    pub fn storage(&mut self, spec: &StorageSpec, rds: bool) -> Option<Storage> {
        let kind = spec.r#type.value;
        let latency = match &spec.latency {
            Some(latency) => self.law(latency),
            None => Some(Law::constant(match kind {
                VolumeType::Gp2 | VolumeType::Gp3 | VolumeType::Io1 => 0.001,
                VolumeType::Io2 => 0.0005,
                VolumeType::Local => 0.0001,
            })),
        };
        let (most, base, bucket) = self.operations_per_second(spec)?;
        let page = spec.page.as_ref().map_or(PAGE, |page| page.value.0);
        let by_throughput = spec.throughput.as_ref().map_or(f64::INFINITY, |bytes| bytes.value.0 / page);
        let (most, base) = (most.min(by_throughput), base.min(by_throughput));
        let volume = self.volume(spec, rds);
        Some(Storage { most, base, bucket: if most > base { bucket } else { 0.0 }, volume, latency: latency? })
    }

    /// What is paid for.
    fn volume(&self, spec: &StorageSpec, rds: bool) -> Volume {
        let (kind, gib) = (spec.r#type.value, spec.size.as_ref().map(|size| size.value.0));
        let fact = |what: &str| {
            let scope = if rds { "RDS" } else { "EBS" };
            let facts = &self.catalogue.storage;
            among(facts, kind.medium(), scope, what).or_else(|| among(facts, kind.medium(), "", what))
        };
        let striped = fact("included IOPS from 400 GiB").filter(|_| gib.is_some_and(|gib| gib >= STRIPED_FROM));
        let included = striped.or_else(|| fact("included IOPS")).unwrap_or(0.0);
        let parts = VolumePrice::Parts { gib: fact("price storage"), iops: fact("price IOPS") };
        let price = match (&spec.price, kind, parts) {
            (Some(price), _, _) => VolumePrice::Whole(price.value.0),
            (None, VolumeType::Local, VolumePrice::Parts { gib: None, .. }) => VolumePrice::OfMachine,
            (None, _, parts) => parts,
        };
        let iops = spec.iops.as_ref().map_or(0.0, |iops| (iops.value.0 - included).max(0.0));
        Volume { medium: kind.medium(), gib, iops, price }
    }

    /// At most, in the long run, and the bucket.
    fn operations_per_second(&mut self, spec: &StorageSpec) -> Option<(f64, f64, f64)> {
        let iops = spec.iops.as_ref();
        if let Some(iops) = iops.filter(|iops| iops.value.0 > MOST_IOPS) {
            self.problem(iops.span, format!("{} operations per second are more than {MOST_IOPS}", iops.value.0));
            return None;
        }
        let fixed = |iops: f64| Some((iops, iops, 0.0));
        match (spec.r#type.value, iops) {
            (VolumeType::Gp2, Some(iops)) => {
                let hint = "they follow from its size; gp3 has iops of its own";
                self.problem_with_hint(iops.span, "the iops of gp2 cannot be chosen", hint);
                None
            }
            (VolumeType::Gp2, None) => {
                let Some(size) = &spec.size else {
                    let hint = "its operations per second follow from it: 3 for each GB";
                    self.problem_with_hint(spec.span, "gp2 needs the key \"size\"", hint);
                    return None;
                };
                let base = (gp2::PER_GIB * size.value.0).clamp(gp2::LEAST, gp2::MOST);
                Some((base.max(gp2::BURST), base, gp2::BUCKET))
            }
            (VolumeType::Gp3, None) => fixed(GP3_IOPS),
            (VolumeType::Gp3 | VolumeType::Io1 | VolumeType::Io2 | VolumeType::Local, Some(iops)) => {
                fixed(iops.value.0)
            }
            (VolumeType::Io1 | VolumeType::Io2 | VolumeType::Local, None) => {
                self.problem(spec.span, "this storage needs the key \"iops\"");
                None
            }
        }
    }

    /// What a query says of its storage and time-out. `database`: where it runs, as written.
    pub fn statement_options(&mut self, query: &QueryStep, pool: Option<u32>) -> Option<StatementOptions> {
        let database = self.database_of(pool);
        let own = self.above_zero_seconds(query.timeout.as_ref(), "timeout");
        let timeout = match (own, database) {
            (Some(None), Some(database)) => database.statement_timeout.as_ref().map(|time| time.value.0),
            (own, _) => own?,
        };
        let read = query.read == Some(true);
        let asks = query.reads.is_some() || query.writes.is_some() || query.pages.is_some();
        if !asks {
            return Some(StatementOptions { io: None, timeout, read });
        }
        if database.is_some_and(|database| database.storage.is_none()) {
            let hint = "add storage = { type = \"gp3\" } to the database";
            self.problem_with_hint(query.span, "this query reads or writes, and its database has no storage", hint);
            return None;
        }
        let reads = self.operations(query.reads.as_ref());
        let writes = self.operations(query.writes.as_ref());
        let pages = query.pages.as_ref().map_or(Some(0), |pages| self.count(Some(pages), 0, MOST_PAGES, ""));
        let written = query.buffer_hit.as_ref().or(database.and_then(|database| database.buffer_hit.as_ref()));
        let buffer_hit = match written {
            Some(hit) => self.quantity(Kind::Share, &hit.value.0, hit.span),
            None if query.pages.is_some() => {
                let hint = "buffer_hit = \"99%\", here or at the database";
                self.problem_with_hint(query.span, "how many of these pages are in memory is not said", hint);
                None
            }
            None => Some(Quantity::Known(0.0)),
        };
        let io = StatementIo { reads: reads?, writes: writes?, pages: pages?, buffer_hit: buffer_hit? };
        Some(StatementOptions { io: Some(io), timeout, read })
    }

    fn operations(&mut self, written: Option<&At<NumberAmount>>) -> Option<Quantity> {
        let Some(written) = written else { return Some(Quantity::Known(0.0)) };
        let quantity = self.number(written)?;
        if self.bounds(quantity).1 > MOST_OPERATIONS {
            self.problem(written.span, format!("more than {MOST_OPERATIONS} operations"));
            return None;
        }
        Some(quantity)
    }

    /// The database of a pool, as written.
    fn database_of(&self, pool: Option<u32>) -> Option<&'a DatabaseSpec> {
        let file = self.file;
        let pool = file.pool.entries.get(pool? as usize)?.value.as_ref()?;
        let pooler = pool.pooler.as_ref().and_then(|name| file.pooler.position(&name.value));
        let named = match pooler {
            Some(pooler) => file.pooler.entries.get(pooler)?.value.as_ref()?.database.as_ref(),
            None => pool.database.as_ref(),
        };
        let place = match named {
            Some(name) => file.database.position(&name.value)?,
            None => 0,
        };
        file.database.entries.get(place)?.value.as_ref()
    }
}
