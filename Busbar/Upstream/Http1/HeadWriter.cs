using System.Globalization;
using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Upstream.Http1;

/// <summary>Writes the head of a request (RFC 9112, 3 and 5).</summary>
internal static class HeadWriter
{
    /// <summary>
    /// Appends the head of <paramref name="request"/> for a server that is called <paramref name="host"/>, port included unless it is the scheme's
    /// own.
    /// </summary>
    public static void Write(UpstreamRequest request, string host, PooledBuffer output)
    {
        output.Write("POST "u8);
        Write(request.Address.PathAndQuery, output);
        output.Write(" HTTP/1.1\r\nHost: "u8);
        Write(host, output);
        foreach (KeyValuePair<string, string> header in request.Headers)
        {
            output.Write("\r\n"u8);
            Write(header.Key, output);
            output.Write(": "u8);
            Write(header.Value, output);
        }

        output.Write("\r\nContent-Type: application/json\r\nContent-Length: "u8);
        request.Body.Length.TryFormat(output.GetSpan(10), out int digits, default, CultureInfo.InvariantCulture);
        output.Advance(digits);
        output.Write("\r\n\r\n"u8);
    }

    private static void Write(string text, PooledBuffer output) => output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));
}
