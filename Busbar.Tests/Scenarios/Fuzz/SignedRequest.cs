using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.SigV4;
using Busbar.Wire;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>A request of an AWS client that can be bent before and after it is signed. Each character stands for one byte.</summary>
internal sealed class SignedRequest
{
    /// <summary>The id that signs.</summary>
    public required string AccessKeyId { get; set; }

    /// <summary>The secret it signs with.</summary>
    public required string Secret { get; set; }

    /// <summary>The method as sent and signed.</summary>
    public string Method { get; set; } = "POST";

    /// <summary>The path as sent and signed.</summary>
    public string Path { get; set; } = "/model/smart/converse";

    /// <summary>The query as sent and signed, without its question mark.</summary>
    public string Query { get; set; } = "";

    /// <summary>What it is signed for.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>What it is signed for.</summary>
    public string Service { get; set; } = "bedrock";

    /// <summary>The end of the scope.</summary>
    public string Terminator { get; set; } = "aws4_request";

    /// <summary>The day of the scope; null for that of the date.</summary>
    public string? Day { get; set; }

    /// <summary>The time of the request.</summary>
    public string Date { get; set; } = DateTime.UtcNow.ToString(SigV4Signature.DateFormat, CultureInfo.InvariantCulture);

    /// <summary>The body.</summary>
    public byte[] Body { get; set; } = Encoding.UTF8.GetBytes(SpokenProtocol.Of("bedrock").Request("", stream: false));

    /// <summary>The hash that is signed; null for that of the body.</summary>
    public string? PayloadHash { get; set; }

    /// <summary>Headers in the order in which they are sent, those of the signature last once there is one.</summary>
    public List<(string Name, string Value)> Headers { get; } = [("Host", "gateway.test"), ("Content-Type", "application/json")];

    /// <summary>Lower-case names of what is signed.</summary>
    public List<string> Signed { get; } = ["content-type", "host", "x-amz-date"];

    /// <summary>Whether the hash is sent too, as SDKs other than botocore do.</summary>
    public bool SendsHash { get; set; }

    /// <summary>Whether the body is sent in chunks.</summary>
    public bool IsChunked { get; set; }

    /// <summary>A header's value.</summary>
    public string this[string name]
    {
        get => Headers.First(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        set => Headers[Headers.FindIndex(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))] = (name, value);
    }

    /// <summary>Adds the headers of the signature over what is there now.</summary>
    public SignedRequest Sign()
    {
        string hash = PayloadHash ?? Convert.ToHexStringLower(SHA256.HashData(Body));
        Headers.Add(("X-Amz-Date", Date));
        if (SendsHash)
        {
            Headers.Add(("X-Amz-Content-Sha256", hash));
            Signed.Add("x-amz-content-sha256");
        }

        Signed.Sort(StringComparer.Ordinal);
        (string, string)[] headers = [.. Signed.Select(name => (
            name, string.Join(',', Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(header => header.Value.Trim(' ')))))];
        var scope = new SigV4Scope(Day ?? Date[..Math.Min(8, Date.Length)], Region, Service);
        string signature = SigV4Signature.Compute(Secret, scope, Date, Method, UrlPath.EncodePath(Path), SigV4Signature.CanonicalQuery(Query)!,
            headers, hash);
        string credential = $"{AccessKeyId}/{scope.Day}/{Region}/{Service}/{Terminator}";
        Headers.Add(("Authorization", $"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={string.Join(';', Signed)}, Signature={signature}"));
        return this;
    }

    /// <summary>What is sent.</summary>
    public byte[] ToBytes()
    {
        var head = new StringBuilder($"{Method} {Path}{(Query.Length > 0 ? "?" + Query : "")} HTTP/1.1\r\n");
        foreach ((string name, string value) in Headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        head.Append(IsChunked ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {Body.Length}\r\n\r\n");
        byte[] first = Encoding.Latin1.GetBytes(head.ToString());
        return IsChunked
            ? [.. first, .. Encoding.Latin1.GetBytes($"1\r\n{(char)Body[0]}\r\n{Body.Length - 1:x}\r\n"), .. Body[1..], .. "\r\n0\r\n\r\n"u8]
            : [.. first, .. Body];
    }

    /// <inheritdoc/>
    public override string ToString() => Encoding.Latin1.GetString(ToBytes());
}
