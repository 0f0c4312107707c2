//! What a reader had to decide that the file does not tell: kinds of ambiguity, which are counted and said.

use crate::problem::plural;

/// One kind of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// Spans whose parent is not there, in a trace without a top, that do not ask another service: each counts as a request.
    ParentElsewhere,
    /// Spans whose parent is not there, in a trace with a top: they count as parts of it.
    ParentLost,
    /// Such spans that lie in no request: outside of its time, or in a trace that has none.
    Strayed,
    /// Spans whose parents run in a circle.
    Circular,
    /// Spans that came long after the others of their trace.
    Late,
    /// Parts that began when their request was over.
    Behind,
    /// Requests of a table without a row `total`.
    WithoutTotal,
    /// Requests of one instant that were told apart by a step that came again.
    Repeated,
    /// Requests of one instant whose rows are mixed.
    Mixed,
}

impl Remark {
    /// The sentence for so many.
    pub fn said(self, many: u64) -> String {
        let one = many == 1;
        let count = |word: &str| format!("{many} {}", plural(usize::try_from(many).unwrap_or(usize::MAX), word));
        let is = |singular: &'static str, plural: &'static str| if one { singular } else { plural };
        match self {
            Remark::ParentElsewhere => format!(
                "{} {} a parent that is not in the file, as behind a gateway that is traced elsewhere: {} as a request",
                count("span"),
                is("has", "have"),
                is("it counts", "each counts")
            ),
            Remark::ParentLost => format!(
                "{} {} a parent that is not in the file: {} of the request at the top of the trace",
                count("span"),
                is("has", "have"),
                is("it counts as a part", "they count as parts")
            ),
            Remark::Strayed => format!(
                "{} {} a parent that is not in the file, and {} outside of every request of the trace: left out",
                count("span"),
                is("has", "have"),
                is("lies", "lie")
            ),
            Remark::Circular => {
                format!("{} {} parents that run in a circle: left out", count("span"), is("has", "have"))
            }
            Remark::Late => format!(
                "{} {} so long after the others of the trace that nothing is known of it any more: left out",
                count("span"),
                is("comes", "come")
            ),
            Remark::Behind => {
                format!("{} of a request began when the request was over: left out of the draft", count("part"))
            }
            Remark::WithoutTotal => format!(
                "{} {} no row `total`: {} the sum of the steps",
                count("request"),
                is("has", "have"),
                is("its time is", "their times are")
            ),
            Remark::Repeated => format!(
                "{} of one instant and endpoint {} told apart by a step that comes again, as there is no row `total` between \
                 them; a column `request` would tell for certain",
                count("request"),
                is("is", "are")
            ),
            Remark::Mixed => format!(
                "{} of one instant and endpoint {} rows mixed with those of others, and may have the steps of one another; a column `request` would tell \
                 them apart",
                count("request"),
                is("has its", "have their")
            ),
        }
    }
}
