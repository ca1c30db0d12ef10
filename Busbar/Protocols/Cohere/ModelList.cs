using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>The list of models (https://docs.cohere.com/reference/list-models).</summary>
internal static class ModelList
{
    private static readonly JsonText Chat = JsonText.From("chat");

    /// <summary>Writes it.</summary>
    public static void Write(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
        output.StartObject();
        output.StartArray("models"u8);
        foreach (ListedModel model in models)
        {
            output.StartObject();
            WriteEntry(model, output);
            output.EndObject();
        }

        output.EndArray();
        output.EndObject();
    }

    /// <summary>Writes the members of one entry.</summary>
    public static void WriteEntry(ListedModel model, JsonWriter output)
    {
        output.String("name"u8, model.Name);
        output.StartArray("endpoints"u8);
        output.Text(Chat);
        output.EndArray();
        output.Bool("finetuned"u8, false);
        if (model.Context is { } context)
        {
            output.Number("context_length"u8, context);
        }

        output.StartArray("default_endpoints"u8);
        output.EndArray();
    }
}
