using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>The list of models. When one was released is unknown here, for which the vendor uses the epoch.</summary>
internal static class ModelList
{
    /// <summary>Writes it.</summary>
    public static void Write(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
        output.StartObject();
        output.StartArray("data"u8);
        foreach (ListedModel model in models)
        {
            output.StartObject();
            WriteEntry(model, output);
            output.EndObject();
        }

        output.EndArray();
        output.Bool("has_more"u8, false);
        WriteId("first_id"u8, models.Count > 0 ? models[0].Name : null, output);
        WriteId("last_id"u8, models.Count > 0 ? models[^1].Name : null, output);
        output.EndObject();
    }

    /// <summary>Writes the members of one entry: all keys of the vendor's ModelInfo, null where nothing is known.</summary>
    public static void WriteEntry(ListedModel model, JsonWriter output)
    {
        output.Literal("type"u8, "model"u8);
        output.String("id"u8, model.Name);
        output.String("display_name"u8, model.Name);
        output.Literal("created_at"u8, "1970-01-01T00:00:00Z"u8);
        output.Null("capabilities"u8);
        output.Literal("lifecycle"u8, "active"u8);
        output.Null("line"u8);
        if (model.Context is { } context)
        {
            output.Number("max_input_tokens"u8, context);
        }
        else
        {
            output.Null("max_input_tokens"u8);
        }

        output.Null("max_tokens"u8);
        output.Null("deprecated_at"u8);
        output.Null("retires_at"u8);
    }

    private static void WriteId(ReadOnlySpan<byte> name, string? id, JsonWriter output)
    {
        if (id is null)
        {
            output.Null(name);
        }
        else
        {
            output.String(name, id);
        }
    }
}
