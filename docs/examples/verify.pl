#!/usr/bin/env perl
# A whole receiver for crewshipd's deliveries, with nothing but what Perl brings along.
#
#   CREWSHIP_SECRET=whsec_… perl verify.pl [PORT]
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_hex);
use IO::Socket::INET;

$| = 1;
my $secret = $ENV{CREWSHIP_SECRET} // die "CREWSHIP_SECRET is not set\n";
my $tolerance_seconds = 300;
my %seen;    # delivery ids; a real receiver keeps them in its database

sub valid {
    my ($secret, $timestamp, $body, $signature) = @_;
    my $expected = 'sha256=' . hmac_sha256_hex("$timestamp.$body", $secret);
    return 0 if length $signature != length $expected;
    my $difference = 0;
    $difference |= ord(substr $signature, $_, 1) ^ ord(substr $expected, $_, 1) for 0 .. length($expected) - 1;
    return $difference == 0;    # every character was looked at, whatever differs
}

sub recent {
    my ($timestamp) = @_;
    return $timestamp =~ /\A[0-9]{1,12}\z/ && abs(time - $timestamp) <= $tolerance_seconds;
}

# A real receiver decodes the body with JSON::PP or JSON::XS, in an eval: they refuse half a surrogate pair (\ud83d), which
# a program's output may hold.
sub handle {
    my ($event, $body) = @_;
    my ($run_id) = $body =~ /"run_id":"(run_[a-z0-9]+)"/;
    print "$event ", $run_id // 'without a run', ": $body\n";
}

sub receive {
    my ($headers, $body) = @_;    # the bytes as they came
    my $timestamp = $headers->{'x-crewship-timestamp'} // '';
    my $delivery = $headers->{'x-crewship-delivery'} // '';
    if (!recent($timestamp) || !valid($secret, $timestamp, $body, $headers->{'x-crewship-signature'} // '')) {
        print "refused $delivery: the signature is not valid\n";
        return '401 Unauthorized';
    }
    if ($seen{$delivery}) {       # a delivery may come more than once
        print "seen before: $delivery\n";
        return '204 No Content';
    }
    handle($headers->{'x-crewship-event'} // '', $body);
    $seen{$delivery} = 1;
    return '204 No Content';
}

# Enough of HTTP for crewshipd's own requests; in a web framework only the above is needed.
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0] // 9000, Listen => 16, ReuseAddr => 1)
    or die "cannot listen: $!\n";
print 'listening on http://127.0.0.1:' . $server->sockport . "/\n";
while (my $connection = $server->accept) {
    my %headers;
    <$connection>;
    while (defined(my $line = <$connection>)) {
        last if $line !~ /\A([^:\s]+):\s*(.*?)\s*\z/;
        $headers{lc $1} = $2;
    }
    my $length = $headers{'content-length'} // 0;
    my $body = '';
    read $connection, $body, $length if $length =~ /\A[0-9]+\z/;
    print $connection 'HTTP/1.1 ' . receive(\%headers, $body) . "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    close $connection;
}
