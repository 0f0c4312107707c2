//! The storage of a database as it is written.

use serde_json::{Value as Json, json};

use super::keys::{keys, words};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{Positive, Price};
use super::reader::{At, Reader, Written};
use super::schema::Definitions;
use crate::units::{self, Kind};

keys! {
    /// The volume of a database: how many operations it passes per second. Sizes are AWS's, in GiB.
    StorageSpec "a storage" {
        /// "gp2" and "gp3" (general purpose), "io1" and "io2" (provisioned), or "local".
        r#type as "type": At<VolumeType>,
        /// Its size, "100GB"; **needed** for gp2, whose operations per second follow from it.
        size: Option<At<VolumeSize>>,
        /// Operations per second; 3,000 for gp3 if left out, **needed** for io1, io2 and local.
        iops: Option<At<Positive>>,
        /// Bytes per second, "125MB"; no limit if left out.
        throughput: Option<At<Bytes>>,
        /// Bytes per operation, for the throughput; "8KiB" if left out.
        page: Option<At<Bytes>>,
        /// What the volume costs as a whole, "$12/month"; by its size and provisioned operations if left out.
        price: Option<At<Price>>,
        /// Time of one operation once it has passed; 1 ms if left out, for io2 0.5 ms, for local 0.1 ms.
        latency: Option<LawSpec>,
    }
}

/// A kind of volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeType {
    Gp2,
    Gp3,
    Io1,
    Io2,
    Local,
}

impl VolumeType {
    /// As the catalogue names it.
    #[must_use]
    pub const fn medium(self) -> &'static str {
        match self {
            VolumeType::Gp2 => "gp2",
            VolumeType::Gp3 => "gp3",
            VolumeType::Io1 => "io1",
            VolumeType::Io2 => "io2",
            VolumeType::Local => "local",
        }
    }
}

words! { VolumeType, "a volume type" {
    "gp2" => Gp2,
    "gp3" => Gp3,
    "io1" => Io1,
    "io2" => Io2,
    "local" => Local,
} }

/// GiB, above 0. AWS writes GB and means GiB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeSize(pub f64);

/// Bytes, above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bytes(pub f64);

const GIB: f64 = 1_073_741_824.0;

fn bytes(text: &str, node: &Node, reader: &mut Reader) -> Option<f64> {
    match units::parse(Kind::Size, text) {
        Ok(bytes) if bytes > 0.0 => Some(bytes),
        Ok(_) => {
            reader.problem(node.span, "a size is above 0", None);
            None
        }
        Err(refused) => {
            reader.problem(node.span, refused.what, refused.hint);
            None
        }
    }
}

impl Written for VolumeSize {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            reader.unfit(node, "a size such as \"100GB\"");
            return None;
        };
        let binary = ["MB", "GB", "TB"].iter().find_map(|unit| text.trim().strip_suffix(unit).zip(unit.chars().next()));
        let text = binary.map_or(text.clone(), |(number, unit)| format!("{number}{unit}iB"));
        bytes(&text, node, reader).map(|bytes| VolumeSize(bytes / GIB))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string", "examples": ["100GB", "1TB"] })
    }
}

impl Written for Bytes {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            reader.unfit(node, "a size such as \"8KiB\"");
            return None;
        };
        bytes(text, node, reader).map(Bytes)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string", "examples": ["8KiB", "125MB"] })
    }
}
