using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>
/// The response object without its output, for whole answers and for the lifecycle events of streams. All members that clients' types
/// call mandatory are written, with the API's defaults where the caller's own values are not known.
/// </summary>
/// <param name="Id">Id of the answer.</param>
/// <param name="Created">Unix seconds.</param>
/// <param name="Model">Model to show.</param>
internal readonly record struct ResponseObject(JsonText Id, long Created, JsonText Model)
{
    /// <summary>
    /// Opens the object and writes everything that comes before <c>output</c>. <paramref name="stop"/> is null while the answer is in progress.
    /// </summary>
    public void WriteHead(JsonWriter output, StopReason? stop)
    {
        ReadOnlySpan<byte> status = stop is null ? "in_progress"u8 : StopReasons.Status(stop.Value);
        WriteIdentity(output, status);
        if (status.SequenceEqual("failed"u8))
        {
            WriteError(output, "server_error", OpenAI.ErrorEnvelope.Message(ErrorKind.Internal));
        }
        else
        {
            output.Null("error"u8);
        }

        if (status.SequenceEqual("incomplete"u8))
        {
            output.StartObject("incomplete_details"u8);
            output.Literal("reason"u8, StopReasons.IncompleteReason(stop!.Value));
            output.EndObject();
        }
        else
        {
            output.Null("incomplete_details"u8);
        }
    }

    /// <summary>Opens the object of a failed answer.</summary>
    public void WriteFailedHead(JsonWriter output, string code, string message)
    {
        WriteIdentity(output, "failed"u8);
        WriteError(output, code, message);
        output.Null("incomplete_details"u8);
    }

    /// <summary>
    /// Writes everything that comes after <c>output</c> and closes the object. <paramref name="usage"/> is null while it is not known.
    /// </summary>
    public static void WriteTail(JsonWriter output, Usage? usage, JsonText serviceTier)
    {
        output.Raw("instructions"u8, "null"u8);
        output.Raw("max_output_tokens"u8, "null"u8);
        output.Raw("metadata"u8, "{}"u8);
        output.Raw("parallel_tool_calls"u8, "true"u8);
        output.Raw("previous_response_id"u8, "null"u8);
        output.Raw("reasoning"u8, """{"effort":null,"summary":null}"""u8);
        OpenAI.ServiceTiers.Write(serviceTier, output);
        output.Raw("store"u8, "false"u8);
        output.Raw("temperature"u8, "null"u8);
        output.Raw("text"u8, """{"format":{"type":"text"}}"""u8);
        output.Literal("tool_choice"u8, "auto"u8);
        output.Raw("tools"u8, "[]"u8);
        output.Raw("top_p"u8, "null"u8);
        output.Literal("truncation"u8, "disabled"u8);
        if (usage is { } known)
        {
            UsageFields.Write(known, output);
        }

        output.EndObject();
    }

    private static void WriteError(JsonWriter output, string code, string message)
    {
        output.StartObject("error"u8);
        output.String("code"u8, code);
        output.String("message"u8, message);
        output.EndObject();
    }

    private void WriteIdentity(JsonWriter output, ReadOnlySpan<byte> status)
    {
        output.StartObject();
        output.Text("id"u8, Id);
        output.Literal("object"u8, "response"u8);
        output.Number("created_at"u8, Created);
        output.Literal("status"u8, status);
        output.Text("model"u8, Model);
        output.Raw("access_programs"u8, "null"u8);
        output.Raw("background"u8, "false"u8);
    }
}
