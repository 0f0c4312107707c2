//! The declarations of tables, verbs and words: each is written once, and from it come the type, its
//! reading, the refusal of unknown keys with the nearest spelling, and its part of the JSON Schema.

/// A table with fixed keys. `"…"` after the name says what it is in messages; `as "…"` gives a key
/// another spelling in files; `..field: Type` at the end takes in the keys of another table.
macro_rules! keys {
    (
        $(#[doc = $about:literal])*
        $name:ident $what:literal {
            $( $(#[doc = $doc:literal])* $field:ident $(as $key:literal)? : $type:ty, )*
            $( ..$inner:ident : $inner_type:ty )?
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub struct $name {
            /// Where the table stands.
            pub span: $crate::spec::node::Span,
            $( $(#[doc = $doc])* pub $field: $type, )*
            $( pub $inner: $inner_type, )?
        }

        impl $name {
            /// The keys as written.
            #[must_use]
            pub fn key_names() -> Vec<&'static str> {
                #[allow(unused_mut, reason = "only tables that take in another one change it")]
                let mut names = vec![$( $crate::spec::keys::key_name!($field $($key)?) ),*];
                $( names.extend(<$inner_type>::key_names()); )?
                names
            }

            /// Reads the keys of a table whose keys were checked already.
            pub(crate) fn read_keys(
                node: &$crate::spec::node::Node,
                what: &str,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                $( let $field = reader.key::<$type>(node, $crate::spec::keys::key_name!($field $($key)?), what); )*
                $( let $inner = <$inner_type>::read_keys(node, what, reader); )?
                Some(Self { span: node.span, $( $field: $field?, )* $( $inner: $inner?, )? })
            }

            /// The keys for the JSON Schema.
            pub(crate) fn describe_keys(
                definitions: &mut $crate::spec::schema::Definitions,
            ) -> Vec<$crate::spec::schema::KeySchema> {
                #[allow(unused_mut, reason = "only tables that take in another one change it")]
                let mut keys = vec![$( $crate::spec::schema::KeySchema {
                    name: $crate::spec::keys::key_name!($field $($key)?),
                    about: concat!($($doc, "\n"),*),
                    required: <$type as $crate::spec::reader::Written>::REQUIRED,
                    schema: <$type as $crate::spec::reader::Written>::schema(definitions),
                } ),*];
                $( keys.extend(<$inner_type>::describe_keys(definitions)); )?
                keys
            }
        }

        impl $crate::spec::reader::Written for $name {
            fn read(
                node: &$crate::spec::node::Node,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                reader.table(node, $what, &Self::key_names())?;
                Self::read_keys(node, $what, reader)
            }

            fn schema(definitions: &mut $crate::spec::schema::Definitions) -> serde_json::Value {
                definitions.table(stringify!($name), concat!($($about, "\n"),*), Self::describe_keys)
            }
        }
    };
}

/// A table whose first verb among its keys says what it is; verbs that are also companions of
/// others come last.
macro_rules! verbs {
    (
        $(#[doc = $about:literal])*
        $name:ident $what:literal {
            $( $verb:literal => $variant:ident($type:ty), )*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub enum $name { $( $variant($type), )* }

        impl $crate::spec::reader::Written for $name {
            fn read(
                node: &$crate::spec::node::Node,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                const VERBS: &[&str] = &[$($verb),*];
                match $crate::spec::verb::find(node, $what, VERBS, reader)? {
                    $( $verb => <$type as $crate::spec::reader::Written>::read(node, reader).map($name::$variant), )*
                    _ => None,
                }
            }

            fn schema(definitions: &mut $crate::spec::schema::Definitions) -> serde_json::Value {
                definitions.choice(stringify!($name), concat!($($about, "\n"),*), |definitions| {
                    vec![$( <$type as $crate::spec::reader::Written>::schema(definitions) ),*]
                })
            }
        }
    };
}

/// A closed set of words for the variants of an enum.
macro_rules! words {
    ($type:ty, $what:literal { $( $word:literal => $variant:ident, )* }) => {
        impl $crate::spec::reader::Written for $type {
            fn read(
                node: &$crate::spec::node::Node,
                reader: &mut $crate::spec::reader::Reader,
            ) -> Option<Self> {
                const WORDS: &[&str] = &[$($word),*];
                match $crate::spec::verb::word(node, $what, WORDS, reader)? {
                    $( $word => Some(<$type>::$variant), )*
                    _ => None,
                }
            }

            fn schema(_: &mut $crate::spec::schema::Definitions) -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),*] })
            }
        }
    };
}

/// The spelling of a key in files.
macro_rules! key_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

pub(crate) use {key_name, keys, verbs, words};
