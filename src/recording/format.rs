//! The formats of recordings: their names, and what each is good for.

macro_rules! formats {
    ($($variant:ident = $word:literal, $good_for:expr;)*) => {
        /// What a file is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format { $($variant),* }

        impl Format {
            /// Every format that is read.
            pub const ALL: &[Format] = &[$(Format::$variant),*];

            /// Its name, for people and in results.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Format::$variant => $word),* }
            }

            /// What Plimsoll uses it for.
            #[must_use]
            pub const fn good_for(self) -> &'static str {
                match self { $(Format::$variant => $good_for),* }
            }
        }
    };
}

/// Of formats of single requests.
const REQUESTS: &str = "to check a model: throughput, percentiles and errors of each endpoint, and the load over time";
/// Of formats with end-of-test figures.
const FIGURES: &str = "to check a model: figures of the whole test";

formats! {
    Tidy = "table of figures", FIGURES;
    Series = "series", "to lay recorded lines over predicted ones";
    K6Summary = "k6 summary", FIGURES;
    K6Json = "k6 JSON points", REQUESTS;
    K6Csv = "k6 CSV points", REQUESTS;
}
