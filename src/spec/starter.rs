//! The model that `plimsoll init` writes: small, complete, and worth learning from.

/// Its text. It loads without problems, which a test sees to.
pub const STARTER: &str = include_str!("starter.toml");
