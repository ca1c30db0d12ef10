using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Work;
using Busbar.Governance.Budgets;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Reliability;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>Steps 3 and 4: reads the body, finds out which pool is meant, and decides whether the request may go there.</summary>
internal static class RequestAdmission
{
    private const int NameOnStack = 256;

    /// <summary>What a client is told whose body was not there in time.</summary>
    public static GatewayError TooSlow { get; } = new(ErrorKind.InvalidRequest, "The request body was not received in time.",
        StatusCodes.Status408RequestTimeout);

    /// <summary>
    /// 3. Reads the body of <paramref name="exchange"/> into one buffer, and compares the signature over it where there is one. Null on success;
    /// otherwise what to tell the client, who is not admitted any more if it was the signature.
    /// </summary>
    /// <param name="exchange">The request.</param>
    /// <param name="unproven">Bounds the bodies of those who have proven nothing yet; null for one who has.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<GatewayError?> ReadBodyAsync(Exchange exchange, UnprovenBodies? unproven = null)
    {
        bool isCompressed = CompressedBody.IsCompressed(exchange.RequestHeaders.ContentEncoding);
        if (isCompressed && CompressedBody.Objection(exchange) is { } objection)
        {
            return objection;
        }

        LimitsConfig limits = exchange.Snapshot.Config.Limits;
        long? length = exchange.RequestHeaders.ContentLength;
        TimeSpan maxTime = TimeSpan.FromSeconds(limits.RequestBodyReadTimeoutSecs);
        BodyRead read;
        if (unproven is null || length > limits.RequestBodyMaxBytes)
        {
            read = await BodyReader.ReadAsync(
                exchange.RequestReader, exchange, length, limits.RequestBodyMaxBytes, maxTime, exchange.Timer, exchange.ClientGone)
                    .ConfigureAwait(false);
        }
        else
        {
            using UnprovenBodies.Hold hold = unproven.Begin(
                exchange.Caller.Signed!.AccessKeyId, limits.RequestBodyMaxBytes, maxTime, exchange.Timer, exchange.ClientGone);
            read = await BodyReader.ReadAsync(
                exchange.RequestReader, exchange, length, limits.RequestBodyMaxBytes, maxTime, exchange.Timer, exchange.ClientGone, hold)
                    .ConfigureAwait(false);
        }

        if (read.Body is not { } body)
        {
            return read.End switch
            {
                BodyEnd.TooLarge => new GatewayError(ErrorKind.TooLarge),
                BodyEnd.TooSlow => TooSlow,
                _ => new GatewayError(ErrorKind.Unavailable),
            };
        }

        exchange.Body = body;
        exchange.BodyLength = body.Length;
        await exchange.Work.TakeAsync(exchange, body.Length / WorkGate.ScansPerTranslation).ConfigureAwait(false);
        if (exchange.Caller.Signed is { } signed && !signed.Covers(body.Span))
        {
            exchange.Caller = default;
            return new GatewayError(ErrorKind.Authentication);
        }

        return isCompressed ? await CompressedBody.InflateAsync(exchange).ConfigureAwait(false) : null;
    }

    /// <summary>
    /// Prepares <paramref name="exchange"/>, whose body is there, for its attempts. Null on success; otherwise what to tell the client.
    /// </summary>
    public static GatewayError? Admit(Exchange exchange)
    {
        // One forward scan finds model and stream.
        PooledBuffer body = exchange.Body!;
        ScanResult result = RequestScan.TryScan(body.Memory, SignatureEnvelope.Marker, out RequestScan scan);
        if (result != ScanResult.Ok)
        {
            return new GatewayError(ErrorKind.InvalidRequest, result switch
            {
                ScanResult.TooDeep => $"The request body is nested too deeply: at most {JsonTape.MaxDepth} levels are allowed.",
                ScanResult.DuplicateModel => "The request body has more than one 'model' parameter.",
                ScanResult.DuplicateReference => "The request body has more than one 'previous_response_id', 'conversation' or 'store' parameter.",
                ScanResult.Misspelt
                    => "The names of parameters are case-sensitive: write 'model', 'previous_response_id' and 'conversation' in lower case.",
                ScanResult.NotObject => "The request body must be a JSON object.",
                _ => "The request body could not be parsed as JSON.",
            });
        }

        exchange.Scan = scan;
        if (exchange.Route.Platform != Platform.None && PlatformRules.Objection(exchange) is { } wrong)
        {
            return wrong;
        }

        // A body that says so decides; the path says the same.
        exchange.Streams = exchange.Ingress.Traffic.StatesFrame && exchange.Route.Operation == Operation.Chat ? scan.Stream ?? exchange.Route.Streams
            : exchange.Route.Streams || (exchange.Route is { Model: null, Operation: Operation.Chat } && scan.Stream == true);
        exchange.WantsJsonArray = exchange.Route.Streams && exchange.Ingress.Traffic.StreamsArrays
            && QueryValue.Of(exchange.RawQuery, "alt") is not "sse";

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

        return RoutingMembers.Objection(exchange) ?? StoredResponseRouting.Objection(exchange);
    }

    // The model was named in front of the path, and the body has none, or no name, where its protocol demands one.
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
        RequestScan.TryScan(named.Memory, SignatureEnvelope.Marker, out RequestScan scan);
        exchange.Scan = scan;
    }

    private static Pool? Find(Exchange exchange, JsonText name, out GatewayError? refusal)
    {
        if (name.HasEscapes || name.Escaped.Length > NameOnStack)
        {
            string text = name.ToString();
            Pool? found = exchange.Snapshot.Fleet.Resolve(text);
            refusal = found is null ? ModelNotFound.Of(exchange.Route, text) : null;
            return found;
        }

        Span<char> characters = stackalloc char[NameOnStack];
        int length = Encoding.UTF8.GetChars(name.Span, characters);
        if (exchange.Snapshot.Fleet.Resolve(characters[..length]) is { } pool)
        {
            refusal = null;
            return pool;
        }

        refusal = ModelNotFound.Of(exchange.Route, characters[..length]);
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

        refusal = ModelNotFound.Of(exchange.Route, name);
        return null;
    }
}
