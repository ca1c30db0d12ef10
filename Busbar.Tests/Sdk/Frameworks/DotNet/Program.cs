// Answers questions, one JSON object a line, until there are no more.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using Busbar.Tests.Sdk.Frameworks;
using OpenAI;

while (await Console.In.ReadLineAsync() is { } line)
{
    Answer answer;
    try
    {
        Question question = JsonSerializer.Deserialize<Question>(line, JsonSerializerOptions.Web)!;
        var openai = new OpenAIClient(new ApiKeyCredential(question.Token),
            new OpenAIClientOptions { Endpoint = new Uri($"{question.Url}/v1"), RetryPolicy = new ClientRetryPolicy(0) });
        answer = question.Client == "kernel" ? await KernelChat.AskAsync(openai, question) : await ExtensionsChat.AskAsync(openai, question);
    }
    catch (Exception exception)
    {
        answer = new(null, [], exception.ToString());
    }

    Console.WriteLine(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
}
