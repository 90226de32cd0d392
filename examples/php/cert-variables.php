<?php
// For pages that were written for IIS: $_SERVER['CERT_SUBJECT'] and its like, from the headers of format `iis-vars`.
// php.ini, or the pool of PHP-FPM: auto_prepend_file = /path/to/cert-variables.php
//
// The server must listen where only the gateway can connect: whoever else can connect can write these headers.

declare(strict_types=1);

foreach (['FLAGS', 'SUBJECT', 'ISSUER', 'SERIALNUMBER', 'COOKIE'] as $name) {
    // As in IIS, empty without a certificate.
    $_SERVER["CERT_$name"] = $_SERVER["HTTP_X_CERT_$name"] ?? '';
}
