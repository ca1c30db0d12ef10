using System.Globalization;
using System.Text;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>Something done to a signed request, and whether it means the same afterwards.</summary>
/// <param name="What">For messages.</param>
/// <param name="IsSame">Whether the signature is still right.</param>
/// <param name="Before">Done before it is signed, so that the signature covers it.</param>
/// <param name="After">Done to what was signed.</param>
internal sealed record SignatureChange(string What, bool IsSame, Action<SignedRequest, Random>? Before = null, Action<SignedRequest, Random>? After =
    null)
{
    /// <summary>What leaves the meaning as it is.</summary>
    public static readonly SignatureChange[] Same =
    [
        new("nothing", true),
        new("signed again for another region", true, (request, _) => request.Region = "eu-central-1"),
        new("chunked", true, After: (request, _) => request.IsChunked = true),
        new("spaces around and within values", true, (request, _) => request.Headers.Add(("X-Note", "a   b  c")), (request, _) => request["X-Note"] =
            "  a b      c   ") { Signs = "x-note" },
        new("an empty signed header", true, (request, _) => request.Headers.Add(("X-Note", ""))) { Signs = "x-note" },
        new("a signed header of bytes", true, (request, _) => request.Headers.Add(("X-Note", "abc+/=\"{}~"))) { Signs = "x-note" },
        new("one header given twice as a list", true, (request, _) => request.Headers.AddRange([("X-Note", "a"), ("X-Note", "b")])) { Signs =
            "x-note" },
        new("headers in another order and case", true, After: (request, random) =>
        {
            (string Name, string Value)[] shuffled = [.. request.Headers.Select(
                header => (random.Next(2) == 0 ? header.Name.ToUpperInvariant() : header.Name.ToLowerInvariant(), header.Value))];
            random.Shuffle(shuffled);
            request.Headers.Clear();
            request.Headers.AddRange(shuffled);
        }),
        new("unsigned headers beside", true, After: (request, random)
            => request.Headers.Insert(random.Next(request.Headers.Count), ("User-Agent", "canary/1"))),
        new("parts of the authorization in another order", true, After: (request, random) =>
        {
            string[] parts = request["Authorization"]["AWS4-HMAC-SHA256 ".Length..].Split(", ");
            random.Shuffle(parts);
            request["Authorization"] = "AWS4-HMAC-SHA256 " + string.Join(random.Next(2) == 0 ? "," : ",   ", parts);
        }),
        new("query in another order", true, (request, _) => request.Query = "b=2&a=1&a=0&c", (request, _) => request.Query = "c=&a=0&b=2&a=1"),
        new("an escape in the query in the other case", true, (request, _) => request.Query = "a=%C3%A4%2f", (request, _) => request.Query =
            "a=%c3%a4%2F"),
        new("an escape in the path, signed as sent", true, (request, _) => request.Path = "/model/sm%61rt/converse"),
        new("a prefix, signed as sent", true, (request, _) => request.Path = "/smart/model/any/converse"),
        new("early as may be", true, (request, _) => request.Date = Clock(300)),
        new("late", true, (request, _) => request.Date = Clock(-290)),
    ];

    /// <summary>What does not.</summary>
    public static readonly SignatureChange[] Other =
    [
        new("too early", false, (request, _) => request.Date = Clock(330)),
        new("too late", false, (request, _) => request.Date = Clock(-301)),
        new("another year", false, (request, random) => request.Date =
            random.Next(1, 9999).ToString("0000", CultureInfo.InvariantCulture) + "0101T000000Z"),
        new("a date of another form", false, (request, random) => request.Date =
            OneOf(random, "", "x", Clock(0)[..8], Clock(0)[..15], Clock(0) + "Z", Clock(0).ToLowerInvariant(), DateTime.UtcNow.ToString("O"),
            DateTime.UtcNow.ToString("R"), "99999999T999999Z", "20260230T120000Z", Clock(0).Replace('T', ' '),
        DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), new string('9', 5000))),
        new("another day in the scope", false, (request, _) => request.Day = "20200101"),
        new("another service in the scope", false, (request, random) => request.Service =
            OneOf(random, "s3", "bedrock-runtime", "Bedrock", "bedrock ", "", "execute-api", "bedrock/x", "\u00e4")),
        new("another end of the scope", false, (request, random) => request.Terminator = OneOf(random, "aws4", "", "AWS4_REQUEST", "aws4_request/x")),
        new("no region", false, (request, _) => request.Region = ""),
        new("another region than was signed", false, After: (request, _) => request["Authorization"] =
            request["Authorization"].Replace("us-east-1", "us-east-2", StringComparison.Ordinal)),
        new("another secret", false, (request, random) => request.Secret =
            OneOf(random, "", "x", request.Secret + " ", request.Secret[..^1], request.Secret.ToUpperInvariant(), new string('0', 40))),
        new("another id", false, (request, random) => request.AccessKeyId =
            OneOf(random, "", "x", request.AccessKeyId[..^1], request.AccessKeyId + "A", request.AccessKeyId.ToLowerInvariant(), "AKIA\u00e4",
            new string('A', 5000), "../" + request.AccessKeyId, "' OR 1=1 --")),
        new("the payload not signed", false, (request, _) => (request.SendsHash, request.PayloadHash) = (true, "UNSIGNED-PAYLOAD")),
        new("a payload signed piece by piece", false, (request, _) => (request.SendsHash, request.PayloadHash) =
            (true, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
        new("the hash of another payload, signed", false, (request, random) => (request.SendsHash, request.PayloadHash) =
            (true, OneOf(random, new string('0', 64), "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))),
        new("the hash of another payload, not sent", false, (request, _) => request.PayloadHash = new string('0', 64)),
        new("a hash that is not signed", false, After: (request, _) => request.Headers.Add(("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))),
        new("the host not signed", false, (request, _) => request.Signed.Remove("host")),
        new("another host", false, After: (request, random) => request["Host"] =
            OneOf(random, "gateway.test:80", "gateway.tesT", "evil.invalid", "gateway.test.")),
        new("another method", false, (request, _) => request.Method = "POST", (request, random) => request.Method =
            OneOf(random, "PUT", "GET", "post")) { MayBeElsewhere = true },
        new("another body", false, After: (request, random) => request.Body =
            random.Next(3) switch { 0 => [], 1 => [.. request.Body, (byte)' '], _ => Flipped(request.Body, random) }),
        new("another query", false, (request, _) => request.Query = "a=1&b=2", (request, random) => request.Query =
            OneOf(random, "", "a=1", "a=1&b=3", "a=1&b=2&c", "a=1&b=2&b=2", "A=1&b=2", "a=1%26b=2", "a=1&b=%zz", "a=1&b=%f", "a%3D1&b=2")),
        new("another path that is the same to some", false, After: (request, random) => request.Path =
            OneOf(random, "/model/sm%61rt/converse", "/model//smart/converse", "//model/smart/converse", "/x/../model/smart/converse",
            "/model/./smart/converse", "/model/smart%2fconverse/converse", "/model/smart%00/converse", "/model/smart/converse/",
        "/model/smart/converse%20", "/model/m1/converse", "/model/smart/converse-stream", "/model/Smart/converse",
        "/smart/model/smart/converse")) { MayBeElsewhere = true },
        new("a signed header missing", false, (request, _) => request.Headers.Add(("X-Note", "a")),
            (request, _) => request.Headers.RemoveAll(header => header.Name == "X-Note")) { Signs = "x-note" },
        new("a signed header once more", false, After: (request, random)
            => request.Headers.Insert(random.Next(request.Headers.Count),
            OneOf(random, ("Content-Type", "application/json"), ("x-amz-date", request.Date), ("Content-Type", "")))),
        new("a signed header with another space than the space", false, (request, _) => request.Headers.Add(("X-Note", "a b")),
            (request, random) => request["X-Note"] = OneOf(random, "a\tb", "a \tb", "a\u00a0b", "ab")) { Signs = "x-note" },
        new("a signed list in another order", false, (request, _) => request.Headers.AddRange([("X-Note", "a"), ("X-Note", "b")]),
            (request, _) => request["X-Note"] = "b") { Signs = "x-note" },
        new("no date", false, After: (request, _) => request.Headers.RemoveAll(header => header.Name == "X-Amz-Date")),
        new("signed names that are not in order", false, After: (request, _) => request["Authorization"] =
            request["Authorization"].Replace("content-type;host", "host;content-type", StringComparison.Ordinal)),
        new("a signed name in capitals", false, After: (request, _) => request["Authorization"] =
            request["Authorization"].Replace(";host", ";Host", StringComparison.Ordinal)),
        new("a signed name twice", false, After: (request, _) => request["Authorization"] =
            request["Authorization"].Replace(";host", ";host;host", StringComparison.Ordinal)),
        new("thousands of signed names", false, After: (request, _) => request["Authorization"] =
            request["Authorization"].Replace(";x-amz-date", string.Concat(Enumerable.Range(0, 3000).Select(index => $";x{index:0000}")),
            StringComparison.Ordinal)),
        new("the authorization cut", false, After: (request, random) => request["Authorization"] =
            request["Authorization"][..random.Next("AWS4-HMAC-SHA256".Length, request["Authorization"].Length)]),
        new("a part of the authorization missing", false, After: (request, random) => request["Authorization"] =
            "AWS4-HMAC-SHA256 " + string.Join(", ", request["Authorization"]["AWS4-HMAC-SHA256 ".Length..].Split(", ")
            .Where((_, index) => index != 0 || random.Next(2) == 0).Take(2))),
        new("a part of the authorization twice", false, After: (request, random) => request["Authorization"] += ", "
            + request["Authorization"].Split(", ")[random.Next(1, 3)]),
        new("a part of the authorization that nobody knows", false,
            After: (request, random) => request["Authorization"] += OneOf(random, ", Extra=1", ",", ", Signature", ", =")),
        new("more behind the signature", false, After: (request, random)
            => request["Authorization"] += OneOf(random, "0", "\u00e4", "\"", new string('0', 9000))),
        new("the signature in capitals", false, After: (request, _) => request["Authorization"] =
            request["Authorization"][..^64] + request["Authorization"][^64..].ToUpperInvariant()),
        new("another algorithm", false, After: (request, random) => request["Authorization"] =
            request["Authorization"].Replace("AWS4-HMAC-SHA256",
            OneOf(random, "AWS4-HMAC-SHA1", "AWS4-HMAC-SHA2566", "AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256", "AWS4-HMAC-SHA256,", "AWS4"),
        StringComparison.Ordinal)),
        new("two authorizations", false, After: (request, random)
            => request.Headers.Insert(random.Next(request.Headers.Count),
            ("Authorization", OneOf(random, request["Authorization"], "AWS4-HMAC-SHA256 x", "AWS4-HMAC-SHA256")))),
        new("one letter of what is signed", false, After: (request, random) =>
        {
            string name = OneOf(random, "Authorization", "Authorization", "Authorization", "X-Amz-Date", "Host", "Content-Type");
            char[] value = request[name].ToCharArray();
            int at;
            do
            {
                at = random.Next(name == "Authorization" ? "AWS4-HMAC-SHA256 ".Length : 0, value.Length);
            }
            while (value[at] == ' ');

            char former = value[at];
            while (value[at] == former)
            {
                value[at] = (char)random.Next('!', '~' + 1);
            }

            request[name] = new string(value);
        }),
        new("one letter of the path", false, After: (request, random) =>
        {
            char[] path = request.Path.ToCharArray();
            int at = random.Next(1, path.Length);
            path[at] = path[at] == 'z' ? 'y' : (char)(path[at] + 1);
            request.Path = new string(path);
        }) { MayBeElsewhere = true },
    ];

    /// <summary>Another header that is signed; null for none.</summary>
    public string? Signs { get; init; }

    /// <summary>Whether it may be answered as another path or method is, as long as it is refused.</summary>
    public bool MayBeElsewhere { get; init; }

    /// <summary>The request of <paramref name="credential"/> as it becomes by this.</summary>
    public SignedRequest Apply(AwsCredential credential, Random random)
    {
        var request = new SignedRequest { AccessKeyId = credential.AccessKeyId, Secret = credential.Secret, SendsHash = random.Next(2) == 0 };
        Before?.Invoke(request, random);
        if (Signs is not null)
        {
            request.Signed.Add(Signs);
        }

        request.Sign();
        After?.Invoke(request, random);
        return request;
    }

    private static string Clock(int offset) => DateTime.UtcNow.AddSeconds(offset).ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);

    private static T OneOf<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];

    private static byte[] Flipped(byte[] body, Random random)
    {
        byte[] flipped = [.. body];
        flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        return flipped;
    }
}
