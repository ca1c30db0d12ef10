using System.Text;
using Busbar.Admin;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>
/// A request made by chance from its number alone: some route, some protocol, hostile headers, and now and then a body whose length is disputed.
/// </summary>
internal sealed class HostileRequest
{
    private static readonly string[] Methods = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "post", "CANARY", "POST"];
    private static readonly string[] Models = [Scene.Pool, Scene.Pool, "m0", "m1", "m2", "m3", "m4", "m5", "hidden-model", "a%2Fb", "%00", "m%C3%A4"];
    private static readonly string[] Strays = ["/canary-path", "/v1/canary", "/v1/messages/", "//v1/messages", "/v1beta/models/", "/model//converse",
        "/%2e%2e/admin/keys", "/v2", "/stats/", "/?canary"];

    // The program that is fuzzed knows no protocol that only tests add.
    private static readonly Route[] BuiltIn = [.. Routes.All.Where(route => route.Protocol is not { } protocol || Enum.IsDefined(protocol))];

    private readonly Random _random;
    private readonly List<string> _lines = [];
    private string _method = "";
    private string _target = "";
    private string _version = "HTTP/1.1";
    private byte[] _body = [];

    /// <summary>The request with that number.</summary>
    public HostileRequest(int number)
    {
        _random = FuzzBounds.Of(number);
        Route();
        if (_random.Next(8) == 0)
        {
            _method = Methods[_random.Next(Methods.Length)];
        }

        Describe();
        IsWhole = _random.Next(6) != 0;
        if (IsWhole)
        {
            _lines.Add($"Content-Length: {_body.Length}");
        }
        else
        {
            BreakFraming();
        }

        Bytes = [.. Encoding.Latin1.GetBytes($"{_method} {_target} {_version}\r\n{string.Concat(_lines.Select(line => line + "\r\n"))}\r\n"),
            .. _body];
    }

    /// <summary>What is sent.</summary>
    public byte[] Bytes { get; }

    /// <summary>The protocols in which it may be refused; none for the admin API's own shape.</summary>
    public IReadOnlyList<SpokenProtocol> Names { get; private set; } = [];

    /// <summary>Whether its end is where its headers say, so that an answer must come and the connection may go on.</summary>
    public bool IsWhole { get; }

    /// <summary>Whether its answer has no body.</summary>
    public bool IsHead => _method == "HEAD";

    /// <inheritdoc/>
    public override string ToString()
    {
        string text = Encoding.Latin1.GetString(Bytes);
        return string.Concat(text.Take(3000).Select(letter => letter is '\n' or (>= ' ' and <= '~') ? $"{letter}" : letter == '\r' ? ""
            : $"\\x{(int)letter:x2}"));
    }

    private void Route()
    {
        int choice = _random.Next(20);
        if (choice == 0)
        {
            AdminRoute admin = AdminRoutes.All[_random.Next(AdminRoutes.All.Count)];
            (_method, _target) = (admin.Method, admin.Pattern.Replace("{id}", "vk_0123456789abcdef", StringComparison.Ordinal)
                .Replace("{lane}", "canary", StringComparison.Ordinal));
            _body = admin.TakesBody ? "{\"name\":7}"u8.ToArray() : [];
            return;
        }

        if (choice == 1)
        {
            (_method, _target) = ("POST", Strays[_random.Next(Strays.Length)]);
            Names = SpokenProtocol.All;
            return;
        }

        Route route = BuiltIn[_random.Next(BuiltIn.Length)];
        string model = Models[_random.Next(Models.Length)];
        _method = route.Method;
        string place = _random.Next(2) == 0 ? "/projects/canary-1/locations/us-east5" : "";
        string pattern = route.Pattern.Replace("{google}", _random.Next(3) == 0 ? "" : place + "/publishers/google", StringComparison.Ordinal)
            .Replace("{anthropic}", place + "/publishers/anthropic", StringComparison.Ordinal);
        _target = pattern.Replace("{v}", _random.Next(3) == 0 ? Busbar.Gateway.Routing.Route.Versions[_random.Next(4)] : "/v1beta",
            StringComparison.Ordinal).Replace("{model}", model, StringComparison.Ordinal);
        if (route.Protocol is not { } protocol)
        {
            Names = [SpokenProtocol.Of("openai")];
            return;
        }

        SpokenProtocol spoken = SpokenProtocol.Of(protocol.Name());
        Names = route.Endpoint is GatewayEndpoint.Chat or GatewayEndpoint.Auxiliary ? [spoken] : SpokenProtocol.All;
        bool stream = _random.Next(2) == 0;
        _body = _method == "GET" ? [] : Encoding.UTF8.GetBytes(route.Operation == Operation.Chat
            ? spoken.Request(model, stream)
            : $$"""{"model":"{{model}}","messages":[],"input":"canary-input","contents":[],"content":{"parts":[]},"requests":[],"texts":""" +
                """["canary"],"input_type":"classification"}""");
        _target = (_random.Next(10) == 0 ? "/m1" : "") + _target + (_random.Next(6) == 0 ? "?key=canary-query&alt=sse&%zz=1" : "");
    }

    // A credential that is good, more often than not, and headers around it.
    private void Describe()
    {
        _lines.Add("Host: gateway.test");
        int carrier = _random.Next(10);
        if (carrier < 8)
        {
            _lines.Add(carrier switch
            {
                0 => "x-api-key: " + Scene.Token,
                1 => "x-goog-api-key: " + Scene.Token,
                2 => "api-key: " + Scene.Token,
                _ => "Authorization: Bearer " + Scene.Token,
            });
        }

        // What the server does not take for HTTP never comes to the gateway.
        bool parseable = _random.Next(3) != 0;
        for (int count = _random.Next(1, 7); count > 0; count--)
        {
            string name = HostileText.Name(_random, parseable);
            string value = HostileText.Value(_random, name, parseable);
            string separator = _random.Next(30) switch { 0 => ":", 1 => ":\t", 2 when !parseable => " : ", 3 when !parseable => "", _ => ": " };
            if (parseable && name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            _lines.Insert(_random.Next(_lines.Count + 1), name + separator + value);
            if (_random.Next(6) == 0)
            {
                _lines.Insert(_random.Next(_lines.Count + 1),
                    name.ToUpperInvariant() + ": " + (_random.Next(2) == 0 ? value : HostileText.Value(_random, name, parseable)));
            }
        }

        if (parseable)
        {
            return;
        }

        if (_random.Next(20) == 0)
        {
            _lines.RemoveAll(line => line.StartsWith("Host: gateway", StringComparison.Ordinal));
        }

        if (_random.Next(20) == 0)
        {
            // Folded over lines, as nobody may since RFC 7230.
            _lines.Insert(_random.Next(1, _lines.Count + 1), _random.Next(2) == 0 ? " folded: canary" : "\tcanary");
        }

        if (_random.Next(60) == 0)
        {
            _lines.AddRange(Enumerable.Range(0, 150).Select(index => $"x-{index}: canary"));
        }
    }

    private void BreakFraming()
    {
        int length = _body.Length;
        byte[] chunked = [.. Encoding.Latin1.GetBytes($"{length:x}\r\n"), .. _body, .. "\r\n0\r\n\r\n"u8];
        switch (_random.Next(30))
        {
            case 0: Lines($"Content-Length: {length}", $"Content-Length: {length}"); break;
            case 1: Lines($"Content-Length: {length}", $"Content-Length: {length + 1}"); break;
            case 2: Lines($"Content-Length: {length}, {length}"); break;
            case 3: Lines($"Content-Length: {length}", "Transfer-Encoding: chunked"); _body = chunked; break;
            case 4: Lines("Transfer-Encoding: chunked", $"Content-Length: {length}"); break;
            case 5: Lines("Transfer-Encoding: gzip, chunked"); _body = chunked; break;
            case 6: Lines("Transfer-Encoding: chunked, chunked"); _body = chunked; break;
            case 7: Lines("Transfer-Encoding: chunked", "Transfer-Encoding: identity"); _body = chunked; break;
            case 8: Lines("Transfer-Encoding: identity", $"Content-Length: {length}"); break;
            case 9: Lines("Transfer-Encoding: xchunked"); _body = chunked; break;
            case 10: Lines("Transfer-Encoding : chunked"); _body = chunked; break;
            case 11: Lines("Transfer-Encoding:\r\n chunked"); _body = chunked; break;
            case 12: Lines("Transfer-Encoding: \u000bchunked"); _body = chunked; break;
            case 13: Lines($"Content-Length: -{length}"); break;
            case 14: Lines($"Content-Length: +{length}"); break;
            case 15: Lines("Content-Length: 0x10"); break;
            case 16: Lines("Content-Length: "); break;
            case 17: Lines("Content-Length: 99999999999999999999999999"); break;
            case 18: Lines("Content-Length: 9223372036854775807"); break;
            case 19: Lines($"Content-Length: {length + 1}"); break;
            case 20: Lines($"Content-Length: {length / 2}"); break;
            case 21: Lines("Transfer-Encoding: chunked"); _body =
                [.. Encoding.Latin1.GetBytes($"{length:x};canary=\"\u0001\u00ff\"\r\n"),
                .. chunked[(chunked.AsSpan().IndexOf((byte)'\n') + 1)..]]; break;
            case 22: Lines("Transfer-Encoding: chunked"); _body = [.. "canary\r\n"u8, .. _body]; break;
            case 23: Lines("Transfer-Encoding: chunked"); _body = [.. "FFFFFFFFFFFFFFFF\r\n"u8, .. _body]; break;
            case 24: Lines("Transfer-Encoding: chunked", "Trailer: authorization"); _body =
                [.. chunked[..^2], .. "Authorization: Bearer canary\r\nContent-Length: 7\r\n\u0000bad\r\n\r\n"u8]; break;
            case 25: Lines(); break;
            case 26: Lines($"Content-Length: {length}"); _version = _random.Next(2) == 0 ? "HTTP/1.0" : "HTTP/9.9"; break;
            case 27: Lines($"Content-Length: {length}"); _target =
                (_random.Next(5) switch { 0 => "http://canary@evil.invalid", 1 => "canary", 2 => "*", 3 => "/\u00ff\u0001",
                _ => "http://gateway.test" }) + _target; break;
            case 28: Lines($"Content-Length: {length}", "x: a\n\nGET /stats HTTP/1.1\r\nHost: x"); break;
            default: Lines($"Content-Length: {length}\nx-canary: 1"); break;
        }

        void Lines(params string[] lines) => _lines.AddRange(lines);
    }
}
