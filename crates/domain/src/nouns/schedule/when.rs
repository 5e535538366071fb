//! The times of the clock: a name, or a cron expression.

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    str::FromStr,
    sync::{Arc, LazyLock},
};

/// `never`.
const NEVER: &str = "never";

/// The names that say how often, with what they mean to cron.
const OFTEN: [(&str, &str); 12] = [
    ("every_1m", "* * * * *"),
    ("every_2m", "*/2 * * * *"),
    ("every_5m", "*/5 * * * *"),
    ("every_10m", "*/10 * * * *"),
    ("every_30m", "*/30 * * * *"),
    ("every_1h", "0 * * * *"),
    ("every_2h", "0 */2 * * *"),
    ("every_5h", "0 */5 * * *"),
    ("every_12h", "0 */12 * * *"),
    ("every_1d", "0 0 * * *"),
    ("every_2d", "0 0 */2 * *"),
    ("every_7d", "0 0 * * 1"),
];

/// All names that ActiveWorkflow knows, but for `never`.
static NAMED: LazyLock<Vec<(String, Expression)>> = LazyLock::new(|| {
    let often = OFTEN.map(|(name, cron)| (name.to_owned(), cron.to_owned()));
    let daily = (0..24).map(|hour| match hour {
        0 => ("midnight".to_owned(), "0 0 * * *".to_owned()),
        _ => (format!("{hour}h"), format!("0 {hour} * * *")),
    });
    often
        .into_iter()
        .chain(daily)
        .filter_map(|(name, cron)| Some((name, Expression::parse(&cron).ok()?)))
        .collect()
});

/// At which times of the clock: one of ActiveWorkflow's names, or a cron expression of five fields.
///
/// The text form is the name or the expression, with single spaces.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct When(Form);

#[derive(Clone, PartialEq, Eq)]
enum Form {
    Never,
    /// By its place in [`NAMED`].
    Named(usize),
    Cron(Arc<Expression>),
}

/// A text that is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no schedule{why}. Write `never`, `every_1m` (2m, 5m, 10m, 30m, 1h, 2h, 5h, 12h, 1d, 2d, 7d), \
     `midnight`, `1h` to `23h`, or a cron expression of five fields such as `30 9 * * 1-5`"
)]
pub struct BadWhen {
    text: String,
    why: String,
}

impl When {
    /// The longest text, in bytes.
    pub const MAX: usize = 200;

    /// Never.
    pub const NEVER: Self = Self(Form::Never);

    /// The names, in the order in which people are shown them. `never` is the last.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let named = NAMED.iter().map(|(name, _)| name.as_str());
        named.chain([NEVER])
    }

    /// Whether this is one of the names, and no cron expression.
    pub fn is_named(&self) -> bool {
        !matches!(self.0, Form::Cron(_))
    }

    /// Whether there is no run at all.
    pub fn is_never(&self) -> bool {
        self.0 == Form::Never
    }

    pub(super) fn expression(&self) -> Option<&Expression> {
        match &self.0 {
            Form::Never => None,
            Form::Named(place) => NAMED.get(*place).map(|(_, expression)| expression),
            Form::Cron(expression) => Some(expression),
        }
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Never => NEVER,
            Form::Named(place) => NAMED.get(*place).map_or(NEVER, |(name, _)| name),
            Form::Cron(expression) => &expression.text,
        }
    }
}

impl FromStr for When {
    type Err = BadWhen;

    fn from_str(text: &str) -> Result<Self, BadWhen> {
        let bad = |why: &str| BadWhen {
            text: crate::text::clip(text.to_owned(), 60),
            why: why.to_owned(),
        };
        if text.len() > Self::MAX {
            return Err(bad(": it is too long"));
        }
        let text = text.trim();
        if text == NEVER {
            return Ok(Self::NEVER);
        }
        if let Some(place) = NAMED.iter().position(|(name, _)| name == text) {
            return Ok(Self(Form::Named(place)));
        }
        if text.split_whitespace().count() != 5 {
            return Err(bad(""));
        }
        let expression = Expression::parse(text).map_err(|why| bad(&format!(": {why}")))?;
        if !super::search::ever_runs(&expression) {
            return Err(bad(": no date is ever like that"));
        }
        Ok(Self(Form::Cron(Arc::new(expression))))
    }
}

impl Default for When {
    fn default() -> Self {
        Self::NEVER
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "When({self})")
    }
}

impl TryFrom<String> for When {
    type Error = BadWhen;

    fn try_from(text: String) -> Result<Self, BadWhen> {
        text.parse()
    }
}

impl From<When> for String {
    fn from(when: When) -> Self {
        when.as_str().to_owned()
    }
}

/// A cron expression of five fields.
pub(super) struct Expression {
    text: String,
    pub(super) cron: Cron,
    /// Whether it names its times, and does not go on all the time.
    pub(super) is_fixed: bool,
}

impl Expression {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let is_list = |field: &&str| !field.split(',').any(str::is_empty);
        if !fields.iter().all(is_list) {
            return Err("there is a comma too many".to_owned());
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let text = fields.join(" ");
        let cron = parser.parse(&text).map_err(|error| error.to_string())?;
        let is_fixed = !fields.iter().take(2).any(|field| field.contains('*'));
        Ok(Self {
            text,
            cron,
            is_fixed,
        })
    }
}

/// Two expressions are the same if they are written the same.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}
