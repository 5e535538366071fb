use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A screen whose two places are one paper, as on a terminal.
fn screen(look: Look) -> (Screen, Paper) {
    let paper = Paper::default();
    let (out, err) = (Box::new(paper.clone()), Box::new(paper.clone()));
    let mut screen = Screen::new(look, out, err);
    screen.call([("ai1".to_owned(), "demo/echo".to_owned())].into());
    (screen, paper)
}

fn terminal() -> Look {
    Look {
        person: true,
        terminal: true,
        escapes: Escapes::None,
    }
}

fn piece(attempt: u64, index: u64, text: &str) -> Piece {
    Piece {
        agent: "ai1".to_owned(),
        reply_to: 1,
        attempt,
        index,
        text: text.to_owned(),
    }
}

#[test]
fn pieces_become_the_answer() {
    let (mut screen, paper) = screen(terminal());
    for (index, text) in ["Hel", "lo"].iter().enumerate() {
        screen.piece(&piece(1, index as u64, text)).unwrap();
    }
    screen.answer("ai1", "Hello!", 1).unwrap();
    assert_eq!(paper.text(), "demo/echo> Hello!\n");
}

#[test]
fn a_new_attempt_is_told_and_starts_anew() {
    let (mut screen, paper) = screen(terminal());
    screen.piece(&piece(1, 0, "Wrong")).unwrap();
    screen.piece(&piece(2, 0, "Right")).unwrap();
    screen.piece(&piece(1, 1, " late")).unwrap();
    screen.answer("ai1", "Right.", 1).unwrap();
    let expected = "demo/echo> Wrong\n* the agent starts its answer anew\ndemo/echo> Right.\n";
    assert_eq!(paper.text(), expected);
}

#[test]
fn an_answer_of_which_pieces_are_missing_is_shown_whole() {
    let (mut screen, paper) = screen(terminal());
    screen.piece(&piece(1, 0, "a")).unwrap();
    screen.piece(&piece(1, 2, "c")).unwrap();
    screen.answer("ai1", "abc", 1).unwrap();
    assert_eq!(paper.text(), "demo/echo> abc\n");
}

#[test]
fn an_answer_that_differs_from_its_pieces_is_shown_whole() {
    let (mut screen, paper) = screen(terminal());
    screen.piece(&piece(1, 0, "draft")).unwrap();
    screen.answer("ai1", "final", 1).unwrap();
    assert_eq!(paper.text(), "demo/echo> draft\ndemo/echo> final\n");
}

#[test]
fn what_comes_between_pieces_does_not_hide_a_part() {
    let (mut screen, paper) = screen(terminal());
    screen.piece(&piece(1, 0, "one ")).unwrap();
    screen.notice("reconnecting").unwrap();
    screen.answer("ai1", "one two", 1).unwrap();
    let expected = "demo/echo> one \n* reconnecting\ndemo/echo> one two\n";
    assert_eq!(paper.text(), expected);
}

#[test]
fn what_is_shown_at_a_terminal_is_harmless() {
    let (mut screen, paper) = screen(terminal());
    screen.piece(&piece(1, 0, "\x1b]0;")).unwrap();
    screen.answer("ai1", "\x1b]0;title\x07", 1).unwrap();
    screen.said("ev\x1bil\n", "\x1b[2J").unwrap();
    screen.error("\x1b[A").unwrap();
    let shown = paper.text();
    assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
    assert!(shown.contains("␛]0;title␇\nev␛il␊> ␛[2J\n"), "{shown:?}");
}

#[test]
fn a_pipe_gets_answers_as_they_are_and_nobodys_name() {
    let (mut screen, paper) = screen(Look::default());
    screen.prompt().unwrap();
    screen.answer("ai1", "\x1b[1mbold\r\n", 1).unwrap();
    assert_eq!(paper.text(), "\x1b[1mbold\r\n\n");
}

#[test]
fn the_prompt_gives_way_and_comes_back() {
    let (mut screen, paper) = screen(Look {
        escapes: Escapes::Moves,
        ..terminal()
    });
    screen.prompt().unwrap();
    screen.prompt().unwrap();
    screen.answer("ai1", "hi", 1).unwrap();
    screen.prompt().unwrap();
    assert_eq!(paper.text(), "you> \r\x1b[Kdemo/echo> hi\nyou> ");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let (mut screen, paper) = screen(Look {
        escapes: Escapes::Colours,
        ..terminal()
    });
    screen.answer("ai1", "hi", 1).unwrap();
    assert_eq!(paper.text(), "\x1b[32mdemo/echo> \x1b[0mhi\n");
}
