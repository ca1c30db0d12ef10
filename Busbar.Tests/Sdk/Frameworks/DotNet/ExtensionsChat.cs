using Microsoft.Extensions.AI;
using OpenAI;

namespace Busbar.Tests.Sdk.Frameworks;

/// <summary>Microsoft.Extensions.AI over OpenAI's two protocols, with tools that it runs itself.</summary>
internal static class ExtensionsChat
{
    /// <summary>Asks through <paramref name="openai"/>.</summary>
    public static async Task<Answer> AskAsync(OpenAIClient openai, Question question)
    {
        IChatClient inner = question.Client == "responses" ? openai.GetResponsesClient().AsIChatClient(question.Model)
            : openai.GetChatClient(question.Model).AsIChatClient();
        using IChatClient client = inner.AsBuilder().UseFunctionInvocation().Build();
        var called = new List<Call>();
        var options = new ChatOptions
        {
            Tools = question.Tools is null ? null : [Tool(called, "get_weather", (string city, int days, double exact) => ""),
                Tool(called, "get_time", (string zone) => "")],
            ResponseFormat = question.Schema is { } schema ? ChatResponseFormat.ForJsonSchema(schema, "answer") : null,
        };
        List<AIContent> content = [new TextContent(question.Prompt)];
        if (question.Image is { } image)
        {
            content.Add(new DataContent(Convert.FromBase64String(image), "image/png"));
        }

        ChatMessage[] messages = [new(ChatRole.User, content)];
        ChatResponse response = question.Stream
            ? await client.GetStreamingResponseAsync(messages, options).ToChatResponseAsync()
            : await client.GetResponseAsync(messages, options);
        return new(response.Messages[^1].Text, called);
    }

    private static AIFunction Tool(List<Call> called, string name, Delegate signature)
        => new NotedFunction(AIFunctionFactory.Create(signature, name), called);

    private sealed class NotedFunction(AIFunction declared, List<Call> called) : DelegatingAIFunction(declared)
    {
        protected override ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            called.Add(new(Name, arguments.ToDictionary()));
            return new($"result of {Name}");
        }
    }
}
