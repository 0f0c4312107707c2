#![no_main]

plimsoll_fuzz::target!(k6_options);
