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
/// Of formats of parts of requests.
const STEPS: &str = "to fit a model: how long each step of each endpoint takes";
/// Of monitors' formats.
const MONITORS: &str = "to check a model: use of machines and databases over time";
/// Of formats with end-of-test figures.
const FIGURES: &str = "to check a model: figures of the whole test";

formats! {
    Tidy = "table of figures", FIGURES;
    Series = "series", "to lay recorded lines over predicted ones";
    Run = "result of plimsoll run (JSON)", "to compare with, and to audit: figures with their intervals";
    K6Summary = "k6 summary", FIGURES;
    K6Json = "k6 JSON points", REQUESTS;
    K6Csv = "k6 CSV points", REQUESTS;
    JtlCsv = "JMeter results (CSV)", REQUESTS;
    JtlXml = "JMeter results (XML)", REQUESTS;
    JmeterStatistics = "JMeter statistics.json", FIGURES;
    LocustStats = "Locust statistics", FIGURES;
    LocustHistory = "Locust history", "to check a model: users, throughput and percentiles over time";
    GatlingText = "Gatling simulation.log (text)", REQUESTS;
    GatlingBinary = "Gatling simulation.log (binary)", REQUESTS;
    GatlingStats = "Gatling statistics", FIGURES;
    Vegeta = "Vegeta results", REQUESTS;
    VegetaReport = "Vegeta report", FIGURES;
    Wrk = "wrk report", FIGURES;
    HeyCsv = "hey requests", REQUESTS;
    Hey = "hey report", FIGURES;
    OhaCsv = "oha requests", REQUESTS;
    Oha = "oha report", FIGURES;
    Autocannon = "autocannon report", FIGURES;
    Artillery = "Artillery report", FIGURES;
    Sysbench = "sysbench report", "to fit a database: transactions per second and their times at a number of threads";
    Hlog = "HdrHistogram log", "to check a model: percentiles of the whole test and requests over time";
    HdrText = "HdrHistogram percentiles", "to check a model: percentiles of the whole test";
    AccessLog = "access log", "to check a model, and to see how requests arrive: throughput, percentiles and errors as the server saw them";
    Requests = "table of requests", REQUESTS;
    Spans = "table of spans", STEPS;
    StepTable = "table of steps", STEPS;
    Otlp = "OpenTelemetry traces", STEPS;
    Jaeger = "Jaeger traces", STEPS;
    PgStatStatements = "pg_stat_statements", "to fit a database: calls and times of each query";
    Prometheus = "Prometheus range query", MONITORS;
    Influx = "InfluxDB lines", REQUESTS;
    CloudWatch = "CloudWatch metric data", MONITORS;
}
