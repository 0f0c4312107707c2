#![no_main]

plimsoll_fuzz::target!(gatling_binary);
