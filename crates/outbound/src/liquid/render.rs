//! Filling a template.

use super::LiquidError;
use super::budget::{Budget, LARGEST, Work};
use super::compare::{holds, is_blank, is_empty, is_true, text, whole};
use super::filters;
use super::tree::{Chain, Condition, Expression, Loop, Node, Operator, Step, Test};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::{GrantedCredential, Object};

/// What a template can name.
pub(crate) struct Scope<'a> {
    /// The values, where the first object that has a name decides.
    pub(crate) layers: Vec<&'a Object>,
    /// The credentials for the tag `credential`.
    pub(crate) credentials: &'a [GrantedCredential],
    /// What `"now" | date` means.
    pub(crate) now: Timestamp,
    /// How much all templates may do that share this.
    pub(crate) work: &'a Work,
}

/// How to go on behind a node.
enum Flow {
    On,
    Break,
    Continue,
    /// The filter `as_object` ended it with this value.
    Ended(Value),
}

/// The text of all nodes.
pub(super) fn fill(
    nodes: &[Node],
    scope: &Scope<'_>,
    budget: &mut Budget,
) -> Result<Value, LiquidError> {
    let mut filling = Filling {
        scope,
        budget,
        names: HashMap::new(),
        counters: HashMap::new(),
        loops: Vec::new(),
    };
    let mut out = String::new();
    match filling.nodes(nodes, &mut out)? {
        Flow::Ended(value) => Ok(value),
        _ => Ok(Value::String(out)),
    }
}

struct Filling<'a, 'b> {
    scope: &'a Scope<'a>,
    budget: &'b mut Budget,
    /// What the template itself gave names to.
    names: HashMap<&'a str, Cow<'a, Value>>,
    counters: HashMap<&'a str, i64>,
    /// Where the loops stand: the index from 0, and how many there are.
    loops: Vec<(usize, usize)>,
}

/// Adds text, as far as there is room.
pub(super) fn write(out: &mut String, text: &str, budget: &mut Budget) -> Result<(), LiquidError> {
    budget.bytes(text.len())?;
    if out.len() + text.len() > LARGEST {
        return Err(LiquidError::TooMuchText);
    }
    out.push_str(text);
    Ok(())
}

impl<'a> Filling<'a, '_> {
    fn nodes(&mut self, nodes: &'a [Node], out: &mut String) -> Result<Flow, LiquidError> {
        for node in nodes {
            self.budget.step()?;
            match self.node(node, out)? {
                Flow::On => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &'a Node, out: &mut String) -> Result<Flow, LiquidError> {
        match node {
            Node::Text(text) => write(out, text, self.budget)?,
            Node::Output(chain) => return self.output(chain, out),
            Node::Assign(name, chain) => {
                let value = self.chain(chain)?;
                self.names.insert(name, value);
            }
            Node::Capture(name, body) => {
                let mut captured = String::new();
                let flow = self.nodes(body, &mut captured)?;
                self.names.insert(name, Cow::Owned(captured.into()));
                return Ok(flow);
            }
            Node::If(branches) => {
                for (condition, body) in branches {
                    if self.condition(condition)? {
                        return self.nodes(body, out);
                    }
                }
            }
            Node::Case(subject, branches) => return self.case(subject, branches, out),
            Node::For(repeat) => return self.repeat(repeat, out),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::Cycle(group, values) => {
                let turn = self.counters.entry(group).or_insert(0);
                let at = usize::try_from(*turn).unwrap_or(0) % values.len();
                *turn += 1;
                let value = self.value(&values[at])?;
                self.budget.whole(&value)?;
                write(out, &text(&value), self.budget)?;
            }
            Node::Counter(name, down) => {
                let count = self.counters.entry(name).or_insert(0);
                let shown = if *down { *count - 1 } else { *count };
                *count = if *down { shown } else { shown + 1 };
                write(out, &shown.to_string(), self.budget)?;
            }
            Node::Credential(name) => {
                let granted = self
                    .scope
                    .credentials
                    .iter()
                    .find(|granted| granted.name == *name);
                let granted = granted.ok_or_else(|| LiquidError::Credential(name.clone()))?;
                write(out, granted.value.expose_secret(), self.budget)?;
            }
        }
        Ok(Flow::On)
    }

    fn output(&mut self, chain: &'a Chain, out: &mut String) -> Result<Flow, LiquidError> {
        let value = self.chain(chain)?;
        if chain
            .filters
            .last()
            .is_some_and(|filter| filter.name == "as_object")
        {
            self.budget.whole(&value)?;
            return Ok(Flow::Ended(value.into_owned()));
        }
        self.budget.whole(&value)?;
        write(out, &text(&value), self.budget)?;
        Ok(Flow::On)
    }

    fn case(
        &mut self,
        subject: &'a Expression,
        branches: &'a [(Vec<Expression>, Vec<Node>)],
        out: &mut String,
    ) -> Result<Flow, LiquidError> {
        for (values, body) in branches {
            let mut taken = values.is_empty();
            for value in values {
                taken = taken || self.compare(subject, Operator::Equal, value)?;
            }
            if taken {
                return self.nodes(body, out);
            }
        }
        Ok(Flow::On)
    }

    fn repeat(&mut self, repeat: &'a Loop, out: &mut String) -> Result<Flow, LiquidError> {
        let items = self.items(&repeat.over)?;
        let offset = self.count(repeat.offset.as_ref())?.unwrap_or(0);
        let limit = self.count(repeat.limit.as_ref())?.unwrap_or(usize::MAX);
        let mut items: Vec<_> = items.into_iter().skip(offset).take(limit).collect();
        if repeat.reversed {
            items.reverse();
        }
        if items.is_empty() {
            return self.nodes(&repeat.otherwise, out);
        }
        let length = items.len();
        let hidden = self.names.remove(&*repeat.name);
        self.loops.push((0, length));
        let mut flow = Flow::On;
        for (index, item) in items.into_iter().enumerate() {
            self.budget.step()?;
            self.names.insert(&repeat.name, item);
            if let Some(current) = self.loops.last_mut() {
                current.0 = index;
            }
            match self.nodes(&repeat.body, out)? {
                Flow::Break => break,
                Flow::On | Flow::Continue => {}
                ended @ Flow::Ended(_) => {
                    flow = ended;
                    break;
                }
            }
        }
        self.loops.pop();
        self.names.remove(&*repeat.name);
        if let Some(hidden) = hidden {
            self.names.insert(&repeat.name, hidden);
        }
        Ok(flow)
    }

    /// What a loop goes over. A list costs by its length, also the numbers of a range.
    fn items(&mut self, over: &'a Expression) -> Result<Vec<Cow<'a, Value>>, LiquidError> {
        if let Expression::Range(from, to) = over {
            let (from, to) = (self.integer(from)?, self.integer(to)?);
            let length = to.saturating_sub(from).saturating_add(1).max(0);
            self.budget
                .steps(usize::try_from(length).unwrap_or(usize::MAX))?;
            return Ok((from..=to)
                .map(|number| Cow::Owned(number.into()))
                .collect());
        }
        let items: Vec<Cow<'a, Value>> = match self.value(over)? {
            Cow::Borrowed(Value::Array(list)) => list.iter().map(Cow::Borrowed).collect(),
            Cow::Owned(Value::Array(list)) => list.into_iter().map(Cow::Owned).collect(),
            value => match &*value {
                Value::Object(object) => {
                    self.budget.whole(&value)?;
                    let pairs = object
                        .iter()
                        .map(|(name, value)| Cow::Owned(json!([name, value])));
                    pairs.collect()
                }
                Value::String(text) if !text.is_empty() => vec![value],
                _ => Vec::new(),
            },
        };
        self.budget.steps(items.len())?;
        Ok(items)
    }

    fn integer(&mut self, expression: &'a Expression) -> Result<i64, LiquidError> {
        Ok(whole(&*self.value(expression)?).unwrap_or(0))
    }

    fn count(&mut self, expression: Option<&'a Expression>) -> Result<Option<usize>, LiquidError> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        let count = self.integer(expression)?.max(0);
        Ok(Some(usize::try_from(count).unwrap_or(usize::MAX)))
    }

    fn condition(&mut self, condition: &'a Condition) -> Result<bool, LiquidError> {
        let mut holds = None;
        // From the last to the first, as Liquid does.
        for (at, test) in condition.tests.iter().enumerate().rev() {
            let own = self.test(test)?;
            holds = Some(match (holds, condition.joins.get(at)) {
                (Some(later), Some(true)) => own && later,
                (Some(later), Some(false)) => own || later,
                _ => own,
            });
        }
        Ok(holds.unwrap_or(false) != condition.negated)
    }

    fn test(&mut self, test: &'a Test) -> Result<bool, LiquidError> {
        self.budget.step()?;
        match test {
            Test::Is(Expression::Empty | Expression::Blank) => Ok(false),
            Test::Is(expression) => Ok(is_true(&*self.value(expression)?)),
            Test::Compare(left, operator, right) => self.compare(left, *operator, right),
        }
    }

    fn compare(
        &mut self,
        left: &'a Expression,
        operator: Operator,
        right: &'a Expression,
    ) -> Result<bool, LiquidError> {
        let (left, right) = match (left, right) {
            (value, special @ (Expression::Empty | Expression::Blank))
            | (special @ (Expression::Empty | Expression::Blank), value) => {
                let value = self.value(value)?;
                self.budget.whole(&value)?;
                let is = if matches!(special, Expression::Empty) {
                    is_empty(&value)
                } else {
                    is_blank(&value)
                };
                return Ok(match operator {
                    Operator::Equal => is,
                    Operator::Unequal => !is,
                    _ => false,
                });
            }
            (left, right) => (self.value(left)?, self.value(right)?),
        };
        self.budget.whole(&left)?;
        self.budget.whole(&right)?;
        Ok(holds(&left, operator, &right))
    }

    fn chain(&mut self, chain: &'a Chain) -> Result<Cow<'a, Value>, LiquidError> {
        let mut value = self.value(&chain.value)?;
        for filter in &chain.filters {
            self.budget.whole(&value)?;
            let mut arguments = Vec::with_capacity(filter.arguments.len());
            for argument in &filter.arguments {
                let argument = self.value(argument)?;
                self.budget.whole(&argument)?;
                arguments.push(argument);
            }
            let mut at = filters::At {
                filter: filter.name,
                arguments: &arguments,
                now: self.scope.now,
                budget: self.budget,
            };
            value = filters::apply(value, &mut at)?;
        }
        Ok(value)
    }

    fn value(&mut self, expression: &'a Expression) -> Result<Cow<'a, Value>, LiquidError> {
        self.budget.step()?;
        Ok(match expression {
            Expression::Literal(value) => Cow::Borrowed(value),
            Expression::Empty | Expression::Blank => Cow::Owned("".into()),
            Expression::Path(name, steps) => return self.path(name, steps),
            Expression::Range(from, to) => {
                let (from, to) = (self.integer(from)?, self.integer(to)?);
                Cow::Owned(format!("{from}..{to}").into())
            }
        })
    }

    fn path(&mut self, name: &'a str, steps: &'a [Step]) -> Result<Cow<'a, Value>, LiquidError> {
        let mut steps = steps.iter();
        // `["a name"]` is a name, too.
        let start = match (name, steps.as_slice().first()) {
            ("", Some(Step::At(expression))) => {
                steps.next();
                let name = self.value(expression)?;
                self.named(&text(&name))?
            }
            _ => self.named(name)?,
        };
        let mut value = start;
        for step in steps {
            self.budget.step()?;
            let key = match step {
                Step::Member(name) => Cow::Owned(name.as_str().into()),
                Step::At(expression) => self.value(expression)?,
            };
            value = match value {
                Cow::Borrowed(value) => member(value, &key),
                Cow::Owned(value) => {
                    let found = member(&value, &key);
                    self.budget.whole(&found)?;
                    Cow::Owned(found.into_owned())
                }
            };
        }
        Ok(value)
    }

    fn named(&mut self, name: &str) -> Result<Cow<'a, Value>, LiquidError> {
        match self.names.get(name) {
            Some(Cow::Borrowed(value)) => return Ok(Cow::Borrowed(value)),
            Some(Cow::Owned(value)) => {
                self.budget.whole(value)?;
                return Ok(Cow::Owned(value.clone()));
            }
            None => {}
        }
        if name == "forloop" && !self.loops.is_empty() {
            return Ok(Cow::Owned(self.forloop()));
        }
        let found = self.scope.layers.iter().find_map(|layer| layer.get(name));
        Ok(found.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
    }

    /// Where the loops stand, each with the one around it.
    fn forloop(&self) -> Value {
        self.loops
            .iter()
            .fold(Value::Null, |parent, &(index, length)| {
                json!({
                    "index": index + 1, "index0": index, "rindex": length - index,
                    "rindex0": length - index - 1, "first": index == 0, "last": index + 1 == length,
                    "length": length, "parentloop": parent,
                })
            })
    }
}

/// The member of a value; nil where there is none.
fn member<'v>(value: &'v Value, key: &Value) -> Cow<'v, Value> {
    let found = match value {
        Value::Object(object) => object.get(&*text(key)),
        Value::Array(list) => match key {
            Value::String(name) if name == "first" => list.first(),
            Value::String(name) if name == "last" => list.last(),
            key => whole(key).and_then(|at| list.get(place(at, list.len())?)),
        },
        _ => None,
    };
    if let Some(found) = found {
        return Cow::Borrowed(found);
    }
    let size = match value {
        Value::Object(object) => object.len(),
        Value::Array(list) => list.len(),
        Value::String(text) => text.chars().count(),
        _ => return Cow::Owned(Value::Null),
    };
    Cow::Owned(if key == "size" {
        size.into()
    } else {
        Value::Null
    })
}

/// The place in a list, from its end if negative.
pub(super) fn place(at: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if at < 0 { at + length } else { at }).ok()
}
