//! Images of zones: what a start does with what the one before it wrote.

use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mimi_dns::record::Rtype;
use serde_json::Value;

use super::operating::{HEAD, Operated, counts, write, zone};
use super::run;
use super::serve::asked;
use crate::wire::{self, Message};

fn start(text: &str) -> (Operated, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.example.zone", text);
    let config = format!("images = \"images\"\n{HEAD}[zones]\npaths = [\".\"]\n");
    write(folder.path(), "mimi-dns.toml", &config);
    Operated::start_and_read(folder)
}

/// Ends the server, and starts another one in its folder.
fn again(former: Operated) -> (Operated, Vec<Value>) {
    let Operated { folder, serving, .. } = former;
    drop(serving);
    Operated::start_and_read(folder)
}

/// Where each zone was loaded from.
fn origins(lines: &[Value]) -> Vec<&str> {
    let loaded = lines.iter().filter(|line| line["message"] == "loaded");
    loaded.map(|line| line["from"].as_str().unwrap()).collect()
}

/// The image that was written, once it is another one than `former`: that may be before the server says that it serves.
fn written(operated: &Operated, former: &[u8]) -> (PathBuf, Vec<u8>) {
    let folder = operated.folder.path().join("images");
    let begun = Instant::now();
    loop {
        let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
        let path = paths.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "image"));
        if let Some(path) = path
            && let Ok(octets) = std::fs::read(&path)
            && octets != former
        {
            return (path, octets);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no image is written");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_start_has_its_zones_from_images_as_long_as_they_are_what_the_text_says() {
    let (first, lines) = start(&zone("a.example", 7, "www A 192.0.2.1\n"));
    assert_eq!(origins(&lines), ["text"]);
    let measure = "mimi_dns_zone_from_image{zone=\"a.example.\"}";
    assert_eq!(first.measure(measure), "0");
    let (image, octets) = written(&first, &[]);
    assert_eq!(image.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let (second, lines) = again(first);
    assert_eq!(origins(&lines), ["image"]);
    assert_eq!((second.measure(measure).as_str(), asked(&second.serving, "a.example").as_str()), ("1", "7"));
    let config = second.folder.path().join("mimi-dns.toml");
    let told = run(&["control", "--config", config.to_str().unwrap(), "zones"]);
    assert!(told.out.contains(" from image in "), "{}", told.out);
    assert_eq!(counts(&second.reload()), [0, 1, 0, 0]);
    second.write("a.example.zone", &zone("a.example", 8, ""));
    let lines = second.reload();
    assert_eq!((origins(&lines), counts(&lines)), (vec!["text"], [1, 0, 0, 0]));
    let (_, octets) = written(&second, &octets);

    // Changed while no server runs.
    second.write("a.example.zone", &zone("a.example", 9, ""));
    let (third, lines) = again(second);
    assert_eq!((origins(&lines), asked(&third.serving, "a.example").as_str()), (vec!["text"], "9"));

    let (image, octets) = written(&third, &octets);
    std::fs::write(&image, &octets[..octets.len() - 1]).unwrap();
    let (fourth, lines) = again(third);
    assert_eq!((origins(&lines), asked(&fourth.serving, "a.example").as_str()), (vec!["text"], "9"));
    let told = |line: &&Value| line["level"] == "ERROR";
    let told = lines.iter().find(told).unwrap()["message"].as_str().unwrap();
    assert_eq!(told, "loading from text: its image is not used: it is damaged: it is cut");
}

/// Killed as by a power cut. Denials are signed at query time, by keys that are in no image.
#[test]
fn a_zone_that_is_signed_here_is_served_from_its_image_with_its_signatures() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.example.zone", &zone("a.example", 7, "www A 192.0.2.1\n"));
    let config = |validity: &str| {
        let signing = format!("[[signing]]\ndenial = \"online\"\nvalidity = \"{validity}\"\n");
        format!("images = \"images\"\n{HEAD}[zones]\npaths = [\".\"]\n{signing}")
    };
    write(folder.path(), "mimi-dns.toml", &config("14d"));
    let (first, lines) = Operated::start_and_read(folder);
    assert_eq!(origins(&lines), ["text"]);
    let signatures = signatures_of(&first);
    let (_, octets) = written(&first, &[]);
    let (second, lines) = again(first);
    assert_eq!(origins(&lines), ["image"]);
    assert_eq!(signatures_of(&second), signatures);
    // Another policy.
    second.write("mimi-dns.toml", &config("20d"));
    let (third, lines) = again(second);
    assert_eq!((origins(&lines), asked(&third.serving, "a.example").as_str()), (vec!["text"], "8"));
    written(&third, &octets);
    let (_, lines) = again(third);
    assert_eq!(origins(&lines), ["image"]);
}

/// Of an address, and whether a denial has one.
fn signatures_of(operated: &Operated) -> Vec<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let ask = |name: &str| {
        let query = wire::with_opt(wire::query(name, Rtype::A), 1232, true);
        socket.send_to(&query, &operated.serving.address).unwrap();
        let mut reply = [0; 1232];
        let len = socket.recv(&mut reply).unwrap();
        Message::read(&reply[..len])
    };
    let denial = ask("nothing.a.example.").authority;
    assert!(denial.iter().any(|record| record.contains(" NSEC ")), "{denial:?}");
    assert!(denial.iter().filter(|record| record.contains(" RRSIG ")).count() > 1, "{denial:?}");
    ask("www.a.example.").answer.into_iter().filter(|record| record.contains(" RRSIG ")).collect()
}

#[test]
fn no_images_are_kept_where_others_may_write() {
    let (first, _) = start(&zone("a.example", 7, ""));
    written(&first, &[]);
    let folder = first.folder.path().join("images");
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o770)).unwrap();
    let (second, lines) = again(first);
    assert_eq!((origins(&lines), asked(&second.serving, "a.example").as_str()), (vec!["text"], "7"));
    let told = lines.iter().filter_map(|line| line["message"].as_str());
    assert!(told.clone().any(|line| line.starts_with("no images of zones are kept: others may write")));
}
