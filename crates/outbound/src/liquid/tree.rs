//! A template as a tree.

use serde_json::Value;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Output(Chain),
    Assign(String, Chain),
    Capture(String, Vec<Node>),
    /// The first branch whose condition holds.
    If(Vec<(Condition, Vec<Node>)>),
    /// The first branch with a value that is equal; one without values is taken if none is.
    Case(Expression, Vec<(Vec<Expression>, Vec<Node>)>),
    For(Box<Loop>),
    Break,
    Continue,
    /// One value after another, each time it is passed. The name tells cycles apart.
    Cycle(String, Vec<Expression>),
    /// A counter's name, and whether it counts down.
    Counter(String, bool),
    Credential(String),
}

/// A loop.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) name: String,
    pub(super) over: Expression,
    pub(super) limit: Option<Expression>,
    pub(super) offset: Option<Expression>,
    pub(super) reversed: bool,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

/// A value, and what is done to it.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) value: Expression,
    pub(super) filters: Vec<Filter>,
}

/// A filter with its arguments.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) arguments: Vec<Expression>,
}

/// What has a value.
#[derive(Debug)]
pub(super) enum Expression {
    Literal(Value),
    /// What has nothing in it.
    Empty,
    /// What has nothing in it, or only spaces, or is false.
    Blank,
    /// A name and the way from there.
    Path(String, Vec<Step>),
    /// All whole numbers from one to another.
    Range(Box<Expression>, Box<Expression>),
}

/// A step on the way to a value.
#[derive(Debug)]
pub(super) enum Step {
    Member(String),
    At(Expression),
}

/// Tests, joined from the last to the first as Liquid does. Always one at least.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) tests: Vec<Test>,
    /// What stands before each test but the first: whether it is `and` (else `or`).
    pub(super) joins: Vec<bool>,
    /// Whether it must not hold.
    pub(super) negated: bool,
}

/// One test.
#[derive(Debug)]
pub(super) enum Test {
    Is(Expression),
    Compare(Expression, Operator, Expression),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}
