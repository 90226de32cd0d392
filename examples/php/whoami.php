<?php
// A PHP page that believes the gateway's headers. Its server must listen where only the gateway can connect:
// whoever else can connect is whoever he says he is. For development: php -S 127.0.0.1:9000 whoami.php

declare(strict_types=1);

/** Account (null where there is none), issuer and serial number; null without a good certificate. */
function clientOf(array $server): ?array
{
    // Not whether there is a header: NONE and FAILED:... are values, too.
    if (($server['HTTP_X_CLIENT_VERIFY'] ?? '') !== 'SUCCESS') {
        return null;
    }
    $account = $server['HTTP_X_CLIENT_ACCOUNT'] ?? null;
    return [
        'account' => $account === null ? null : rawurldecode($account),
        'issuer' => $server['HTTP_X_CLIENT_ISSUER'],
        'serial' => $server['HTTP_X_CLIENT_SERIAL'],
    ];
}

$client = clientOf($_SERVER);
http_response_code($client === null ? 403 : 200);
header('Content-Type: application/json');
echo json_encode($client ?? ['error' => 'no client certificate'], JSON_THROW_ON_ERROR);
