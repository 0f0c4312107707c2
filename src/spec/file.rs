//! A model file: the system, the parts it is made of, its tests and variants.

use serde_json::{Value as Json, json};

use super::alarm::AlarmSpec;
use super::api::{ApiSpec, LimitSpec};
use super::cache::CacheSpec;
use super::catalogue::CatalogueSpec;
use super::decision::DecisionSpec;
use super::flow::EndpointSpec;
use super::host::HostSpec;
use super::iteration::IterationSpec;
use super::keys::keys;
use super::lock::LockSpec;
use super::node::{Node, Value};
use super::number::Amount;
use super::pooler::PoolerSpec;
use super::queue::QueueSpec;
use super::reader::{At, List, Named, Reader, SOURCE_KEY, Written};
use super::schema::Definitions;
use super::station::{DatabaseSpec, PoolSpec, TierSpec};
use super::test::TestSpec;
use crate::units::Kind;

keys! {
    /// A model of a service: what is deployed, what requests do in it, and the load tests to predict.
    FileSpec "a model file" {
        /// What is modelled.
        system: Option<SystemSpec>,
        /// Own instance types and prices, beside those that are known.
        catalogue: Option<CatalogueSpec>,
        /// Numbers known only as a range, by name; each is drawn once per replication.
        inputs: Named<InputSpec>,
        /// Machines that several tiers and databases share, by name.
        host: Named<HostSpec>,
        /// Servers that run the application, by name.
        tier: Named<TierSpec>,
        /// Database servers, by name.
        database: Named<DatabaseSpec>,
        /// Caches, by name.
        cache: Named<CacheSpec>,
        /// Locks on rows of databases, by name.
        lock: Named<LockSpec>,
        /// Connection poolers in front of databases, by name.
        pooler: Named<PoolerSpec>,
        /// Connection pools, by name.
        pool: Named<PoolSpec>,
        /// External services, by name.
        api: Named<ApiSpec>,
        /// Rate limits of our own, by name.
        limit: Named<LimitSpec>,
        /// Queues of jobs, by name.
        queue: Named<QueueSpec>,
        /// Kinds of request, by name as in results: `[endpoint."GET /items/:id"]`.
        endpoint: Named<EndpointSpec>,
        /// What a virtual user does again and again, by name: k6's default function.
        iteration: Named<IterationSpec>,
        /// Load tests, by name.
        test: Named<TestSpec>,
        /// Alarms on what a monitoring service sees of the system, by name.
        alarm: Named<AlarmSpec>,
        /// Decisions such as go or no-go, by name.
        decision: Named<DecisionSpec>,
        /// Named sets of changes, for what-if questions.
        variant: Named<VariantSpec>,
    }
}

keys! {
    /// What is modelled.
    SystemSpec "the system" {
        /// Its name, shown with every result; the name of the file if left out.
        name: Option<At<String>>,
        /// One paragraph for people.
        about: Option<String>,
        /// Where the numbers of the model come from.
        sources: Option<List<String>>,
    }
}

keys! {
    /// A named set of changes: `plimsoll run --variant <name>` makes them.
    VariantSpec "a variant" {
        /// One line for people.
        about: Option<String>,
        /// An alternative mechanism that `check` lays beside the model, unscored.
        alternative: Option<bool>,
        /// Changes, by the path of a key: `{ "pool.main.max" = 50 }`.
        set: SetSpec,
    }
}

keys! {
    /// An input with a note on where it comes from.
    InputTable "an input" {
        /// A number, a duration or a share, or a range of them.
        value: InputAmount,
        /// One line for people.
        about: Option<String>,
    }
}

/// A named number. Its unit is told by how it is written.
#[derive(Clone, Debug)]
pub struct InputSpec {
    pub amount: At<Amount>,
    pub unit: InputUnit,
    /// One line for people, and where the number comes from; may be empty.
    pub about: String,
    pub source: String,
}

/// What kind of number an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputUnit {
    Seconds,
    Plain,
    Percent,
}

/// Changes by path. They are made to the tree, before it is read; here they are only told.
#[derive(Clone, Debug)]
pub struct SetSpec {
    /// `path = value`
    pub changes: Vec<String>,
}

/// The value of an input, of whatever kind.
#[derive(Clone, Debug)]
pub struct InputAmount(InputSpec);

impl Written for InputSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::Table(_) => InputTable::read(node, reader).map(|table| InputSpec {
                about: table.about.unwrap_or_default(),
                source: node.entry(SOURCE_KEY).map_or(String::new(), |entry| words(&entry.node)),
                ..table.value.0
            }),
            _ => InputAmount::read(node, reader).map(|amount| amount.0),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "A number known only as a range: \"95%..105%\", \"47ms..74ms\", \"0.9..1.1\".";
        definitions.choice("Input", about, |definitions| {
            vec![InputAmount::schema(definitions), InputTable::schema(definitions)]
        })
    }
}

/// A text, or a list of them.
fn words(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(words).collect::<Vec<_>>().join("; "),
        _ => String::new(),
    }
}

impl Written for InputAmount {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let unit = match &node.value {
            Value::Text(text) if text.contains('%') => InputUnit::Percent,
            // A duration has a letter, a plain number none.
            Value::Text(text) if text.chars().any(char::is_alphabetic) => InputUnit::Seconds,
            _ => InputUnit::Plain,
        };
        let kind = match unit {
            InputUnit::Seconds => Kind::Duration,
            InputUnit::Plain | InputUnit::Percent => Kind::Number,
        };
        let amount = Amount::read(kind, node, reader)?;
        if let Amount::Named(_) = amount {
            reader.unfit(node, "a number, a duration or a range such as \"0.9..1.1\"");
            return None;
        }
        let amount = At { value: amount, span: node.span };
        Some(InputAmount(InputSpec { amount, unit, about: String::new(), source: String::new() }))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["string", "number"], "examples": ["95%..105%", "47ms..74ms"] })
    }
}

impl Written for SetSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(entries) = node.entries() else {
            reader.unfit(node, "a table { \"path.of.key\" = value }");
            return None;
        };
        Some(SetSpec { changes: entries.iter().map(|entry| format!("{} = {}", entry.key, entry.node)).collect() })
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "object" })
    }
}
