//! What stands within tags.

use crate::liquid::LiquidError;
use crate::liquid::filters;
use crate::liquid::scan::{Word, syntax};
use crate::liquid::tree::{Chain, Condition, Expression, Filter, Loop, Operator, Step, Test};
use serde_json::Value;

/// How many brackets may stand within each other.
const DEEPEST: usize = 16;

/// Reads the words of a tag from the first to the last.
pub(super) struct Reader<'a> {
    words: std::vec::IntoIter<Word<'a>>,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(words: Vec<Word<'a>>) -> Self {
        Self {
            words: words.into_iter(),
            depth: 0,
        }
    }

    fn peek(&self) -> Option<&Word<'a>> {
        self.words.as_slice().first()
    }

    /// The word behind the next one.
    pub(super) fn second(&self) -> Option<&Word<'a>> {
        self.words.as_slice().get(1)
    }

    /// Takes this sign, if it is the next word.
    fn takes(&mut self, sign: &'static str) -> bool {
        let is = self.peek() == Some(&Word::Sign(sign));
        if is {
            self.words.next();
        }
        is
    }

    /// Takes this name, if it is the next word.
    fn says(&mut self, name: &str) -> bool {
        let is = self.peek() == Some(&Word::Name(name));
        if is {
            self.words.next();
        }
        is
    }

    pub(super) fn expect(&mut self, sign: &'static str) -> Result<(), LiquidError> {
        if self.takes(sign) {
            return Ok(());
        }
        Err(syntax(format!("{sign} is missing")))
    }

    pub(super) fn end(&mut self) -> Result<(), LiquidError> {
        match self.words.next() {
            None => Ok(()),
            Some(_) => Err(syntax("a tag has more in it than it can use")),
        }
    }

    pub(super) fn name(&mut self) -> Result<String, LiquidError> {
        match self.words.next() {
            Some(Word::Name(name)) => Ok(name.to_owned()),
            _ => Err(syntax("a name is missing")),
        }
    }

    pub(super) fn name_or_text(&mut self) -> Result<String, LiquidError> {
        match self.words.next() {
            Some(Word::Name(name) | Word::Text(name)) => Ok(name.to_owned()),
            _ => Err(syntax("a name is missing")),
        }
    }

    /// A value and its filters.
    pub(super) fn chain(&mut self) -> Result<Chain, LiquidError> {
        let value = self.value()?;
        let mut filters = Vec::new();
        while self.takes("|") {
            let name = self.name()?;
            let name = filters::known(&name)
                .ok_or_else(|| syntax(format!("there is no filter {name:?}")))?;
            let arguments = if self.takes(":") {
                self.values()?
            } else {
                Vec::new()
            };
            filters.push(Filter { name, arguments });
        }
        Ok(Chain { value, filters })
    }

    /// One value or more, divided by commas (or by `or`, as `when` has it).
    pub(super) fn values(&mut self) -> Result<Vec<Expression>, LiquidError> {
        let mut values = vec![self.value()?];
        while self.takes(",") || self.says("or") {
            values.push(self.value()?);
        }
        Ok(values)
    }

    pub(super) fn value(&mut self) -> Result<Expression, LiquidError> {
        let word = self
            .words
            .next()
            .ok_or_else(|| syntax("a value is missing"))?;
        let value = match word {
            Word::Text(text) => Expression::Literal(text.into()),
            Word::Whole(number) => Expression::Literal(number.into()),
            Word::Float(number) => Expression::Literal(number.into()),
            Word::Sign("(") => self.range()?,
            Word::Sign("[") => {
                let first = self.within_brackets()?;
                self.path(String::new(), vec![Step::At(first)])?
            }
            Word::Name("nil" | "null") => Expression::Literal(Value::Null),
            Word::Name("true") => Expression::Literal(true.into()),
            Word::Name("false") => Expression::Literal(false.into()),
            Word::Name("empty") => Expression::Empty,
            Word::Name("blank") => Expression::Blank,
            Word::Name(name) => self.path(name.to_owned(), Vec::new())?,
            Word::Sign(sign) => return Err(syntax(format!("{sign} stands where a value must"))),
        };
        Ok(value)
    }

    fn range(&mut self) -> Result<Expression, LiquidError> {
        self.deeper()?;
        let from = self.value()?;
        self.expect("..")?;
        let to = self.value()?;
        self.expect(")")?;
        self.depth -= 1;
        Ok(Expression::Range(Box::new(from), Box::new(to)))
    }

    fn path(&mut self, name: String, mut steps: Vec<Step>) -> Result<Expression, LiquidError> {
        loop {
            if self.takes(".") {
                let member = match self.words.next() {
                    Some(Word::Name(name)) => name.to_owned(),
                    Some(Word::Whole(number)) => number.to_string(),
                    _ => return Err(syntax("a name is missing behind a dot")),
                };
                steps.push(Step::Member(member));
            } else if self.takes("[") {
                steps.push(Step::At(self.within_brackets()?));
            } else {
                return Ok(Expression::Path(name, steps));
            }
        }
    }

    fn within_brackets(&mut self) -> Result<Expression, LiquidError> {
        self.deeper()?;
        let value = self.value()?;
        self.expect("]")?;
        self.depth -= 1;
        Ok(value)
    }

    fn deeper(&mut self) -> Result<(), LiquidError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(LiquidError::TooDeep);
        }
        Ok(())
    }

    pub(super) fn condition(&mut self) -> Result<Condition, LiquidError> {
        let mut tests = vec![self.test()?];
        let mut joins = Vec::new();
        loop {
            if self.says("and") {
                joins.push(true);
            } else if self.says("or") {
                joins.push(false);
            } else {
                break;
            }
            tests.push(self.test()?);
        }
        Ok(Condition {
            tests,
            joins,
            negated: false,
        })
    }

    fn test(&mut self) -> Result<Test, LiquidError> {
        let left = self.value()?;
        let operator = match self.peek() {
            Some(Word::Sign("==")) => Operator::Equal,
            Some(Word::Sign("!=" | "<>")) => Operator::Unequal,
            Some(Word::Sign("<")) => Operator::Less,
            Some(Word::Sign("<=")) => Operator::LessOrEqual,
            Some(Word::Sign(">")) => Operator::Greater,
            Some(Word::Sign(">=")) => Operator::GreaterOrEqual,
            Some(Word::Name("contains")) => Operator::Contains,
            _ => return Ok(Test::Is(left)),
        };
        self.words.next();
        Ok(Test::Compare(left, operator, self.value()?))
    }

    /// What stands in the tag `for`.
    pub(super) fn repeat(&mut self) -> Result<Loop, LiquidError> {
        let name = self.name()?;
        if !self.says("in") {
            return Err(syntax("`in` is missing"));
        }
        let over = self.value()?;
        let mut repeat = Loop::over(name, over);
        loop {
            self.takes(",");
            if self.says("reversed") {
                repeat.reversed = true;
            } else if self.says("limit") {
                self.expect(":")?;
                repeat.limit = Some(self.value()?);
            } else if self.says("offset") {
                self.expect(":")?;
                repeat.offset = Some(self.value()?);
            } else {
                return Ok(repeat);
            }
        }
    }
}
