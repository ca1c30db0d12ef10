using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>Steps 3 and 4: reads the body, finds out which pool is meant, and decides whether the request may go there.</summary>
internal static class RequestAdmission
{
    private const int NameOnStack = 256;

    /// <summary>Prepares <paramref name="exchange"/> for its attempts. Null on success; otherwise what to tell the client.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<GatewayError?> AdmitAsync(Exchange exchange)
    {
        // The body is sent on as plain JSON, so a compressed one would have to be inflated without bound first.
        if (exchange.RequestHeaders.ContentEncoding is { Count: > 0 } encoding && !StringValuesAre(encoding, "identity"))
        {
            return new GatewayError(ErrorKind.InvalidRequest, "Unsupported Content-Encoding: send the request body uncompressed.");
        }

        // 3. Read the body into one buffer; one forward scan finds model and stream.
        long? length = exchange.RequestHeaders.ContentLength;
        PooledBuffer? body = await BodyReader.ReadAsync(
            exchange.RequestReader, exchange, length, exchange.Snapshot.Config.Limits.RequestBodyMaxBytes, exchange.ClientGone).ConfigureAwait(false);
        if (body is null)
        {
            return new GatewayError(ErrorKind.TooLarge);
        }

        exchange.Body = body;
        exchange.BodyLength = body.Length;
        if (exchange.Caller.IsSigned)
        {
            KeyEntry? signer = exchange.Snapshot.Signatures!.Verify(exchange);
            exchange.Caller = new(signer is not null, default, signer);
            if (signer is null)
            {
                return new GatewayError(ErrorKind.Authentication);
            }
        }

        ScanResult result = RequestScan.TryScan(body.Memory, out RequestScan scan);
        if (result != ScanResult.Ok)
        {
            return new GatewayError(ErrorKind.InvalidRequest, result switch
            {
                ScanResult.TooDeep => $"The request body is nested too deeply: at most {JsonTape.MaxDepth} levels are allowed.",
                ScanResult.DuplicateModel => "The request body has more than one 'model' parameter.",
                ScanResult.DuplicateReference => "The request body has more than one 'previous_response_id', 'conversation' or 'store' parameter.",
                ScanResult.Misspelt => "The names of parameters are case-sensitive: write 'model', 'previous_response_id' and 'conversation' in lower case.",
                ScanResult.NotObject => "The request body must be a JSON object.",
                _ => "The request body could not be parsed as JSON.",
            });
        }

        exchange.Scan = scan;
        exchange.Streams = exchange.Route.Streams || (exchange.Route is { Model: null, Operation: Operation.Chat } && scan.Stream == true);
        exchange.WantsJsonArray = exchange.Route is { Streams: true, Protocol: ProtocolId.Gemini } && QueryValue.Of(exchange.RawQuery, "alt") is not "sse";

        // 4. Admit: a name in front of the path wins over the path's own model, which wins over the body's.
        string? named = exchange.Route.Name ?? exchange.Route.Model;
        if (named is null && !scan.HasModel)
        {
            return new GatewayError(ErrorKind.InvalidRequest, "you must provide a model parameter", Param: "model");
        }

        Pool? pool = named is not null ? Find(exchange, named, out GatewayError? refusal) : Find(exchange, scan.ModelText(body.Memory), out refusal);
        exchange.Pool = pool;
        if (!KeyGate.Permits(exchange, pool, pool is null ? named ?? scan.ModelText(body.Memory).ToString() : default))
        {
            exchange.Snapshot.Governor!.CountAccessRefusal();
            exchange.Caller.Key!.Account.CountRefusal();
            exchange.Reason = "acl";
            return new GatewayError(ErrorKind.Permission);
        }

        if (pool is null)
        {
            return refusal;
        }

        if (!scan.HasModel && exchange.Route.Model is null)
        {
            NameModel(exchange, pool.Name);
        }

        return RoutingMembers.Objection(exchange) ?? FollowUp.Objection(exchange);
    }

    // The model was named in front of the path, and the body has none, or no name, where its dialect demands one.
    private static void NameModel(Exchange exchange, string name)
    {
        PooledBuffer body = exchange.Body!;
        ByteRange model = exchange.Scan.Model;
        int end = exchange.Scan.ClosingBrace;
        ReadOnlySpan<byte> before = model.IsAbsent ? body.Span[..end].TrimEnd(" \t\r\n"u8) : body.Span[..model.Offset];
        var named = new PooledBuffer(body.Length + (name.Length * 6) + 16);
        named.Write(before);
        if (model.IsAbsent)
        {
            named.Write(before[^1] == (byte)'{' ? "\"model\":"u8 : ",\"model\":"u8);
        }

        named.Write((byte)'"');
        named.Write(JsonText.From(name).Span);
        named.Write((byte)'"');
        named.Write(body.Span[(model.IsAbsent ? end : model.End)..]);
        body.Dispose();
        exchange.Body = named;
        RequestScan.TryScan(named.Memory, out RequestScan scan);
        exchange.Scan = scan;
    }

    private static bool StringValuesAre(Microsoft.Extensions.Primitives.StringValues values, string expected) =>
        values.Count == 1 && string.Equals(values[0], expected, StringComparison.OrdinalIgnoreCase);

    private static Pool? Find(Exchange exchange, JsonText name, out GatewayError? refusal)
    {
        if (name.HasEscapes || name.Escaped.Length > NameOnStack)
        {
            string text = name.ToString();
            Pool? found = exchange.Snapshot.Fleet.Resolve(text);
            refusal = found is null ? UnknownModel.Of(exchange.Route, text) : null;
            return found;
        }

        Span<char> characters = stackalloc char[NameOnStack];
        int length = Encoding.UTF8.GetChars(name.Span, characters);
        if (exchange.Snapshot.Fleet.Resolve(characters[..length]) is { } pool)
        {
            refusal = null;
            return pool;
        }

        refusal = UnknownModel.Of(exchange.Route, characters[..length]);
        return null;
    }

    private static Pool? Find(Exchange exchange, string name, out GatewayError? refusal)
    {
        GatewaySnapshot snapshot = exchange.Snapshot;
        refusal = null;
        if (snapshot.Fleet.Resolve(name) is { } pool)
        {
            return pool;
        }

        // /{provider}/{model}/…: the model must be that provider's.
        int slash = name.IndexOf('/');
        if (slash > 0 && snapshot.Config.Providers.ContainsKey(name[..slash]) && snapshot.Fleet.ForModel(name[(slash + 1)..]) is { } model)
        {
            if (model.Members[0].Lane.Provider.Name == name[..slash])
            {
                return model;
            }

            refusal = new GatewayError(ErrorKind.InvalidRequest, "The requested model is not available at this endpoint.", Param: "model");
            return null;
        }

        refusal = UnknownModel.Of(exchange.Route, name);
        return null;
    }
}
