//! What is wrong in a configuration file: gathered while it is read, told with places at the end.

use std::ops::Range;

use super::layers::Layers;
use crate::zone::{Finding, Severity, Sources, Span};

/// Faults by place, of a file that is still being read.
#[derive(Default)]
pub(super) struct Faults(Vec<Fault>);

struct Fault {
    /// Octets from the beginning of the text; none for what is missing.
    offset: Option<usize>,
    code: &'static str,
    message: String,
    remedy: String,
}

impl Faults {
    /// Something that the server can't start with.
    pub(super) fn error(
        &mut self,
        offset: impl Into<Option<usize>>,
        code: &'static str,
        message: String,
        remedy: impl Into<String>,
    ) {
        let (offset, remedy) = (offset.into(), remedy.into());
        self.0.push(Fault { offset, code, message, remedy });
    }

    /// Adds those of `others` that are no mere consequence of these: what stands on a line that is no TOML
    /// was not read, and what is missing may stand there.
    pub(super) fn add_unless_shadowed(&mut self, others: Self, text: &str) {
        let broken: Vec<Range<usize>> =
            self.0.iter().filter_map(|fault| Some(line_around(text, fault.offset?))).collect();
        let shadowed = |offset: usize| broken.iter().any(|line| line.contains(&offset) || line.end == offset);
        let stands = |fault: &Fault| match fault.offset {
            Some(offset) => !shadowed(offset),
            None => broken.is_empty(),
        };
        self.0.extend(others.0.into_iter().filter(stands));
    }

    /// All of them, in the order of the texts.
    pub(super) fn locate(mut self, layers: &Layers) -> Vec<Finding> {
        self.0.sort_by_key(|fault| fault.offset);
        let mut sources = Sources::new();
        let numbers: Vec<_> = layers
            .all()
            .iter()
            .map(|layer| {
                (layer.base, sources.add(layer.origin.to_string().into(), layer.text.as_bytes()).ok())
            })
            .collect();
        let place = |offset: usize| {
            let &(base, number) = numbers.iter().rev().find(|(base, _)| *base <= offset)?;
            let span = Span { file: number?, offset: u32::try_from(offset - base).ok()? };
            sources.locate(span)
        };
        let finding = |Fault { offset, code, message, remedy }| {
            let at = place(offset.unwrap_or(0));
            Finding { at, owner: None, severity: Severity::Error, code, message, remedy }
        };
        self.0.into_iter().map(finding).collect()
    }
}

fn line_around(text: &str, offset: usize) -> Range<usize> {
    let octets = text.as_bytes();
    let offset = offset.min(octets.len());
    let start = octets[..offset].iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
    let end =
        octets[offset..].iter().position(|&octet| octet == b'\n').map_or(octets.len(), |at| offset + at);
    start..end
}
