//! From text to a tree.

mod expression;

use super::LiquidError;
use super::scan::{Piece, Pieces, Word, syntax, words};
use super::tree::{Condition, Expression, Loop, Node};
use expression::Reader;
use serde_json::Value;

/// How many blocks may stand within each other.
const DEEPEST: usize = 32;

/// The tree of a template.
pub(super) fn template(text: &str) -> Result<Vec<Node>, LiquidError> {
    let mut parser = Parser {
        pieces: Pieces::new(text),
        depth: 0,
    };
    Ok(parser.block(&[])?.0)
}

struct Parser<'a> {
    pieces: Pieces<'a>,
    depth: usize,
}

/// A tag: its name and what stands behind it.
struct Tag<'a> {
    name: &'a str,
    rest: &'a str,
}

type Branch = (Condition, Vec<Node>);

impl<'a> Parser<'a> {
    /// The nodes up to one of these tags, or to the end where none is awaited.
    fn block(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Option<Tag<'a>>), LiquidError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(LiquidError::TooDeep);
        }
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next()? {
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Piece::Output("") => {}
                Piece::Output(inside) => nodes.push(Node::Output(read(inside, Reader::chain)?)),
                Piece::Tag(inside) => {
                    let tag = split(inside);
                    if ends.contains(&tag.name) {
                        self.depth -= 1;
                        return Ok((nodes, Some(tag)));
                    }
                    nodes.extend(self.tag(&tag)?);
                }
            }
        }
        self.depth -= 1;
        match ends.last() {
            Some(end) => Err(syntax(format!("{end} is missing"))),
            None => Ok((nodes, None)),
        }
    }

    /// The nodes up to the one tag that ends the block, which is the last of these.
    fn body(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Tag<'a>), LiquidError> {
        let (nodes, end) = self.block(ends)?;
        let end = end.ok_or_else(|| syntax("a block has no end"))?;
        Ok((nodes, end))
    }

    fn tag(&mut self, tag: &Tag<'a>) -> Result<Option<Node>, LiquidError> {
        let node = match tag.name {
            "assign" => {
                let (name, chain) = read(tag.rest, |reader| {
                    let name = reader.name()?;
                    reader.expect("=")?;
                    Ok((name, reader.chain()?))
                })?;
                Node::Assign(name, chain)
            }
            "capture" => {
                let name = read(tag.rest, Reader::name_or_text)?;
                Node::Capture(name, self.body(&["endcapture"])?.0)
            }
            "if" => Node::If(self.branches(tag.rest, false, "endif")?),
            "unless" => Node::If(self.branches(tag.rest, true, "endunless")?),
            "case" => self.case(tag.rest)?,
            "for" => self.repeat(tag.rest)?,
            "break" => Node::Break,
            "continue" => Node::Continue,
            "cycle" => cycle(tag.rest)?,
            "increment" => Node::Counter(read(tag.rest, Reader::name)?, false),
            "decrement" => Node::Counter(read(tag.rest, Reader::name)?, true),
            "credential" => Node::Credential(tag.rest.trim_matches(['"', '\'']).to_owned()),
            "line_break" => Node::Text("\n".to_owned()),
            "raw" => Node::Text(self.pieces.verbatim("endraw")?.to_owned()),
            "comment" => {
                self.pieces.verbatim("endcomment")?;
                return Ok(None);
            }
            "#" | "" => return Ok(None),
            name => return Err(syntax(format!("there is no tag {name:?}"))),
        };
        Ok(Some(node))
    }

    fn branches(
        &mut self,
        first: &str,
        negated: bool,
        end: &str,
    ) -> Result<Vec<Branch>, LiquidError> {
        let mut condition = read(first, Reader::condition)?;
        condition.negated = negated;
        let mut branches = Vec::new();
        loop {
            let (body, tag) = self.body(&["elsif", "else", end])?;
            branches.push((condition, body));
            match tag.name {
                "elsif" => condition = read(tag.rest, Reader::condition)?,
                "else" => {
                    let otherwise = self.body(&[end])?.0;
                    branches.push((Condition::always(), otherwise));
                    return Ok(branches);
                }
                _ => return Ok(branches),
            }
        }
    }

    fn case(&mut self, subject: &str) -> Result<Node, LiquidError> {
        let subject = read(subject, Reader::value)?;
        let mut branches = Vec::new();
        // What stands before the first `when` is not for anything.
        let (_, mut tag) = self.body(&["when", "else", "endcase"])?;
        while tag.name != "endcase" {
            let values = if tag.name == "when" {
                read(tag.rest, Reader::values)?
            } else {
                Vec::new()
            };
            let (body, next) = self.body(&["when", "else", "endcase"])?;
            branches.push((values, body));
            tag = next;
        }
        Ok(Node::Case(subject, branches))
    }

    fn repeat(&mut self, rest: &str) -> Result<Node, LiquidError> {
        let mut repeat = read(rest, Reader::repeat)?;
        let (body, tag) = self.body(&["else", "endfor"])?;
        repeat.body = body;
        if tag.name == "else" {
            repeat.otherwise = self.body(&["endfor"])?.0;
        }
        Ok(Node::For(Box::new(repeat)))
    }
}

impl Condition {
    fn always() -> Self {
        Self {
            tests: vec![super::tree::Test::Is(Expression::Literal(Value::Bool(
                true,
            )))],
            joins: Vec::new(),
            negated: false,
        }
    }
}

impl Loop {
    fn over(name: String, over: Expression) -> Self {
        Self {
            name,
            over,
            limit: None,
            offset: None,
            reversed: false,
            body: Vec::new(),
            otherwise: Vec::new(),
        }
    }
}

fn cycle(rest: &str) -> Result<Node, LiquidError> {
    let (group, values) = read(rest, |reader| {
        let group = if reader.second() == Some(&Word::Sign(":")) {
            let group = reader.name_or_text()?;
            reader.expect(":")?;
            Some(group)
        } else {
            None
        };
        Ok((group, reader.values()?))
    })?;
    Ok(Node::Cycle(
        group.unwrap_or_else(|| rest.to_owned()),
        values,
    ))
}

fn split(inside: &str) -> Tag<'_> {
    if let Some(rest) = inside.strip_prefix('#') {
        return Tag { name: "#", rest };
    }
    let end = inside.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    let (name, rest) = inside.split_at(end.unwrap_or(inside.len()));
    Tag {
        name,
        rest: rest.trim(),
    }
}

/// Reads all of the inside of a tag.
fn read<'a, T>(
    inside: &'a str,
    what: impl FnOnce(&mut Reader<'a>) -> Result<T, LiquidError>,
) -> Result<T, LiquidError> {
    let mut reader = Reader::new(words(inside)?);
    let read = what(&mut reader)?;
    reader.end()?;
    Ok(read)
}
