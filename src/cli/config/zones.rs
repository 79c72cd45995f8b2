//! Zones by name, and what they have in common: `[[zone]]` and `[[template]]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::definition::File;
use super::fault::Faults;
use super::layers::{Layers, Places};
use super::section::{Key, Section, Table, section};
use super::signing::{NONE, Signing};
use super::value::{At, Value};
use crate::record::Name;
use crate::zone::{nearest, quote};

/// The template of zones that name none.
const DEFAULT: &str = "default";
/// What stands for a zone's name in the path of its file.
const NAME: &str = "%s";

section! {
    /// What several zones have in common: each [[zone]] that names it takes from it what it does not say itself.
    Template = "template" {
        /// What zones call it. The one that is called "default" is for all that name none.
        name: Option<At<String>> = None, such as r#""customers""#;
        /// The zone's file: %s stands for the zone's name, in small letters and without its last dot.
        file: Option<At<PathBuf>> = None, such as r#""customers/%s.zone""#;
        /// The [[signing]] policy by which the zone is signed, by its name; "none" for no policy, not even that for all
        /// zones.
        signing: Option<At<String>> = None, such as r#""split""#;
        /// Let $INCLUDE and key files stand outside of the zone's own folder. Without it: as under [zones].
        allow_outside: Option<bool> = None, such as "true";
    }
}

section! {
    /// A zone by its name, besides those of [zones]: as often as there are such zones. A file that stands under the paths
    /// of [zones] too is served as it is said here.
    Zone = "zone" {
        /// The zone's apex. Its file must hold this zone, and need not begin with $ORIGIN.
        name: Option<At<Name>> = None, such as r#""example.net""#;
        /// The [[template]] that says what is not said here.
        template: Option<At<String>> = None, such as r#""customers""#;
        /// Its file, here or in its template; %s as there.
        file: Option<At<PathBuf>> = None, such as r#""special/example.net.zone""#;
        /// The [[signing]] policy by which it is signed, by its name; "none" for no policy, not even that for all zones.
        signing: Option<At<String>> = None, such as r#""split""#;
        /// Let $INCLUDE and key files stand outside of the zone's own folder. Without it: as under [zones].
        allow_outside: Option<bool> = None, such as "true";
    }
}

/// Where zones are, and how they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct ZoneSource {
    /// A zone file; where no zone is named also a folder of them, or a pattern.
    pub(in crate::cli) path: PathBuf,
    /// The zone that must be there.
    pub(in crate::cli) apex: Option<Name>,
    /// Whether includes and keys may stand outside of a zone's folder.
    pub(in crate::cli) allow_outside: bool,
}

/// All that is to be served: what is named before what is found.
pub(super) fn sources(file: &File) -> Vec<ZoneSource> {
    let everywhere = file.zones.allow_outside;
    let named = file.zone.iter().filter_map(|At { value: zone, .. }| {
        Some(ZoneSource {
            path: plain(&zone.file.as_ref()?.value),
            apex: Some(zone.name.as_ref()?.value.clone()),
            allow_outside: zone.allow_outside.unwrap_or(everywhere),
        })
    });
    let found = file.zones.paths.iter().map(|path| ZoneSource {
        path: plain(&path.value),
        apex: None,
        allow_outside: everywhere,
    });
    named.chain(found).collect()
}

/// The path without its `.` components, as it is shown.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Gives each zone what its template says, and the place where that stands.
pub(super) fn settle(file: &mut File, places: &mut Places) {
    for (number, At { value: zone, .. }) in file.zone.iter_mut().enumerate() {
        if let Some((of, template)) = template_of(zone, &file.template) {
            let mut take = |key: &str| {
                let place = places.get(&format!("template.{of}.{key}")).copied();
                place.map(|place| places.insert(format!("zone.{number}.{key}"), place));
            };
            if zone.file.is_none() {
                zone.file.clone_from(&template.file);
                take("file");
            }
            if zone.signing.is_none() {
                zone.signing.clone_from(&template.signing);
                take("signing");
            }
            if zone.allow_outside.is_none() {
                zone.allow_outside = template.allow_outside;
                take("allow_outside");
            }
        }
        if let (Some(file), Some(name)) = (&mut zone.file, &zone.name) {
            file.value = with_name(&file.value, &name.value);
        }
    }
}

fn template_of<'t>(zone: &Zone, templates: &'t [At<Template>]) -> Option<(usize, &'t Template)> {
    let wanted = zone.template.as_ref().map_or(DEFAULT, |template| template.value.as_str());
    let mut named = templates.iter().map(|template| &template.value).enumerate();
    named.find(|(_, template)| template.name.as_ref().is_some_and(|name| name.value == wanted))
}

/// The root is `.`: its file is not hidden.
fn with_name(path: &Path, name: &Name) -> PathBuf {
    let Some(text) = path.to_str().filter(|text| text.contains(NAME)) else { return path.to_owned() };
    let name = name.to_lowercase().to_string();
    let name = if name == "." { "root" } else { name.trim_end_matches('.') };
    // RFC 2317 has zones with a `/` in their name: a path has other ideas of it.
    text.replace(NAME, &name.replace('/', "\\047")).into()
}

/// Tells what is missing, twice, or refers to nothing.
pub(super) fn check(file: &File, layers: &Layers, faults: &mut Faults) {
    names(file, layers, faults);
    references(file, faults);
    signers(file, layers, faults);
    let mut files = BTreeMap::new();
    for At { value: zone, offset } in &file.zone {
        let Some(name) = &zone.name else { continue };
        match &zone.file {
            None => {
                let message = format!("{} has no file", name.value);
                let remedy = "name one under `file`, here or in its template";
                faults.error(*offset, "no-file", message, remedy);
            }
            Some(path) => {
                if let Some(other) = files.insert(&path.value, name) {
                    let (file, at) = (quoted(&path.value), layers.place(other.offset));
                    let message = format!("{file} is the file of {} already ({at})", other.value);
                    faults.error(name.offset, "file-twice", message, "a file holds one zone");
                }
            }
        }
    }
}

fn names(file: &File, layers: &Layers, faults: &mut Faults) {
    let mut zones = BTreeMap::new();
    for At { value: zone, offset } in &file.zone {
        let Some(name) = &zone.name else {
            faults.error(
                *offset,
                "no-name",
                "a zone without its name".to_owned(),
                "name its apex under `name`",
            );
            continue;
        };
        if let Some(&before) = zones.get(&name.value) {
            let message = format!("{} is named already ({})", name.value, layers.place(before));
            faults.error(name.offset, "zone-twice", message, "take one of them away");
        } else {
            zones.insert(&name.value, name.offset);
        }
    }
    let mut templates = BTreeMap::new();
    for At { value: template, offset } in &file.template {
        match &template.name {
            Some(name) => told_once(&mut templates, name, layers, faults),
            None => {
                let message = "a template without its name: no zone can name it".to_owned();
                faults.error(*offset, "no-name", message, "give it one under `name`");
            }
        }
    }
    let mut policies = BTreeMap::new();
    for name in file.signing.iter().filter_map(|policy| policy.name.as_ref()) {
        told_once(&mut policies, name, layers, faults);
        if name.value == NONE {
            let message = format!("{} is what zones say that no policy signs", quote(NONE.as_bytes()));
            faults.error(name.offset, "bad-value", message, "call it otherwise");
        }
    }
}

fn told_once<'f>(
    told: &mut BTreeMap<&'f str, usize>,
    name: &'f At<String>,
    layers: &Layers,
    faults: &mut Faults,
) {
    if let Some(&before) = told.get(name.value.as_str()) {
        let message = format!("{} is named already ({})", quote(name.value.as_bytes()), layers.place(before));
        faults.error(name.offset, "name-twice", message, "call one of them otherwise");
    } else {
        told.insert(&name.value, name.offset);
    }
}

/// Tells templates and policies that there are not, each once, though many zones have it from one template.
fn references(file: &File, faults: &mut Faults) {
    let templates: Vec<&str> =
        file.template.iter().filter_map(|one| Some(one.value.name.as_ref()?.value.as_str())).collect();
    let policies: Vec<&str> =
        file.signing.iter().filter_map(|one| Some(one.name.as_ref()?.value.as_str())).chain([NONE]).collect();
    let mut unknown = BTreeMap::new();
    for At { value: zone, .. } in &file.zone {
        unknown.extend(zone.template.as_ref().map(|name| (name.offset, ("template", name, &templates))));
        unknown.extend(zone.signing.as_ref().map(|name| (name.offset, ("policy", name, &policies))));
    }
    for At { value: template, .. } in &file.template {
        unknown.extend(template.signing.as_ref().map(|name| (name.offset, ("policy", name, &policies))));
    }
    for (offset, (kind, name, known)) in unknown {
        if known.contains(&name.value.as_str()) {
            continue;
        }
        let remedy = match nearest(name.value.as_bytes(), known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if known.is_empty() => format!("there is no {kind} that has a name"),
            None => format!("known here: {}", known.join(", ")),
        };
        let message = format!("there is no {kind} {}", quote(name.value.as_bytes()));
        faults.error(offset, "unknown-name", message, remedy);
    }
}

/// Tells zones that one policy lists, and that say themselves that another signs them.
fn signers(file: &File, layers: &Layers, faults: &mut Faults) {
    let of = |policy: &Signing| policy.name.as_ref().map(|name| name.value.clone());
    let listed: BTreeMap<&Name, (Option<String>, usize)> = file
        .signing
        .iter()
        .flat_map(|policy| policy.zones.iter().map(move |zone| (&zone.value, (of(policy), zone.offset))))
        .collect();
    for At { value: zone, .. } in &file.zone {
        let (Some(name), Some(signing)) = (&zone.name, &zone.signing) else { continue };
        if let Some((by, at)) = listed.get(&name.value)
            && by.as_ref() != Some(&signing.value)
        {
            let message = format!("{} is signed by another policy ({})", name.value, layers.place(*at));
            faults.error(name.offset, "zone-twice", message, "name it there, or its policy here");
        }
    }
}

fn quoted(path: &Path) -> String {
    quote(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{Checked, Config, Gathered, Named, SigningPolicy};
    use super::*;

    const TEXT: &str = r#"version = 1
state = "s"
[zones]
paths = ["more/*.zone"]
allow_outside = true
[[template]]
name = "default"
file = "z/%s.zone"
signing = "split"
allow_outside = false
[[template]]
name = "plain"
signing = "none"
[[zone]]
name = "A.example"
[[zone]]
name = "b.example"
template = "plain"
file = "b/zone"
[[zone]]
name = "0/25.2.0.192.in-addr.arpa"
[[signing]]
[[signing]]
name = "split"
zones = ["c.example"]
"#;

    fn checked(text: &str) -> Checked {
        Gathered::read(Layers::new(Path::new("f/c.toml"), text, Vec::new()), Named::MayBeGone).checked()
    }

    fn read() -> Config {
        let Checked { config, findings } = checked(TEXT);
        config.unwrap_or_else(|| panic!("{findings:?}"))
    }

    fn told(text: &str) -> Vec<String> {
        let findings = checked(&format!("version = 1\nstate = \"s\"\n{text}")).findings;
        findings.iter().map(|finding| finding.to_string().replace("f/c.toml", "")).collect()
    }

    #[test]
    fn zones_take_from_their_template_what_they_do_not_say() {
        let sources = read().zones.into_iter().map(|source| {
            let apex = source.apex.map(|apex| apex.to_string());
            (source.path.display().to_string(), apex, source.allow_outside)
        });
        let expected = [
            ("f/z/a.example.zone", Some("A.example."), false),
            ("f/b/zone", Some("b.example."), true),
            ("f/z/0\\04725.2.0.192.in-addr.arpa.zone", Some("0/25.2.0.192.in-addr.arpa."), false),
            ("f/more/*.zone", None, true),
        ];
        let expected =
            expected.map(|(path, apex, outside)| (path.to_owned(), apex.map(str::to_owned), outside));
        assert_eq!(sources.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn zones_are_signed_by_the_policy_that_they_name() {
        let policies = read().signing;
        let signs = |zone: &str, held_signed| {
            let policy = SigningPolicy::of(&policies, &zone.parse().unwrap(), held_signed)?;
            policies.iter().position(|other| std::ptr::eq(other, policy))
        };
        assert_eq!(["a.example", "c.example"].map(|zone| signs(zone, true)), [Some(1), Some(1)]);
        assert_eq!(signs("b.example", false), None, "it says so");
        assert_eq!((signs("d.example", false), signs("d.example", true)), (Some(0), None));
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let text = r#"[[template]]
signing = "splitt"
[[template]]
name = "t"
file = "z/%s"
[[template]]
name = "t"
[[zone]]
name = "a.example"
file = "z/b.example"
[[zone]]
name = "b.example"
template = "t"
[[zone]]
name = "B.example"
template = "u"
[[zone]]
file = "x"
nmae = "c.example"
[[signing]]
name = "split"
zones = ["d.example"]
[[signing]]
name = "none"
[[zone]]
name = "d.example"
file = "d"
signing = "none"
"#;
        assert_eq!(
            told(text),
            [
                ":3:1: error[no-name]: a template without its name: no zone can name it; give it one under `name`",
                ":4:11: error[unknown-name]: there is no policy `splitt`; did you mean \"split\"?",
                ":9:8: error[name-twice]: `t` is named already (:6); call one of them otherwise",
                ":14:8: error[file-twice]: `z/b.example` is the file of a.example. already (:11); a file holds one zone",
                ":16:1: error[no-file]: B.example. has no file; name one under `file`, here or in its template",
                ":17:8: error[zone-twice]: B.example. is named already (:14); take one of them away",
                ":18:12: error[unknown-name]: there is no template `u`; did you mean \"t\"?",
                ":19:1: error[no-name]: a zone without its name; name its apex under `name`",
                ":21:1: error[unknown-key]: `nmae` is not known; did you mean `name`?",
                ":26:8: error[bad-value]: `none` is what zones say that no policy signs; call it otherwise",
                ":28:8: error[zone-twice]: d.example. is signed by another policy (:24); name it there, or its policy here",
            ]
        );
    }
}
