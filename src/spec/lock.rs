//! Locks on rows as they are written.

use serde_json::{Value as Json, json};

use super::keys::keys;
use super::node::{Node, Value};
use super::number::{Count, Duration, Plain, ShareAmount};
use super::reader::{At, Reader, Written};
use super::schema::Definitions;

keys! {
    /// Rows that transactions lock one at a time, until they end.
    LockSpec "a lock" {
        /// The database whose rows they are; may be left out if there is only one.
        database: Option<At<String>>,
        /// Rows; 1 if left out.
        keys: Option<At<Count>>,
        /// Which of them: "uniform" (the default), `{ zipf = 1.1 }` or `{ hot = 10, share = "80%" }`.
        popularity: Option<PopularitySpec>,
        /// Longest wait for a row (`statement_timeout`); for ever if left out.
        lock_timeout: Option<At<Duration>>,
    }
}

keys! {
    /// Zipf's law: key k in proportion to 1 / k^zipf.
    ZipfTable "a popularity" {
        /// The exponent; 0 is uniform.
        zipf: At<Plain>,
    }
}

keys! {
    /// Some keys get a share of all requests, uniformly; the others the rest.
    HotTable "a popularity" {
        /// How many.
        hot: At<Count>,
        /// Their share.
        share: At<ShareAmount>,
    }
}

/// Which of many keys is asked for.
#[derive(Clone, Debug)]
pub enum PopularitySpec {
    Uniform,
    Zipf(ZipfTable),
    Hot(HotTable),
}

impl Written for PopularitySpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Table(_) if node.entry("hot").is_some() => HotTable::read(node, reader).map(PopularitySpec::Hot),
            Value::Table(_) => ZipfTable::read(node, reader).map(PopularitySpec::Zipf),
            Value::Text(word) if word == "uniform" => Some(PopularitySpec::Uniform),
            _ => {
                reader.unfit(node, "a popularity, \"uniform\", { zipf = 1.1 } or { hot = 10, share = \"80%\" },");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about = "Which of many keys is asked for.";
        definitions.choice("LockPopularity", about, |definitions| {
            vec![json!({ "enum": ["uniform"] }), ZipfTable::schema(definitions), HotTable::schema(definitions)]
        })
    }
}
